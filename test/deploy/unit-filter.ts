/** The system calls and addresses that a systemd unit allows its process, as a seccomp profile for runc. */
import { run, tool } from './tools.ts';

const FAMILIES: Readonly<Record<string, number>> = { AF_UNIX: 1, AF_INET: 2, AF_INET6: 10 };
const ALLOW = 'SCMP_ACT_ALLOW';
const EPERM = 1;

/** Returns the profile of a unit, from its `SystemCallFilter` and `RestrictAddressFamilies`. */
export function unitFilter(unit: string): object {
  const allowed = new Set<string>();
  for (const [, not, sets = ''] of unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)) {
    for (const name of sets.split(' ').flatMap(callsOf)) {
      if (not === '~') allowed.delete(name);
      else allowed.add(name);
    }
  }
  const families = /^RestrictAddressFamilies=(.*)$/m.exec(unit)?.[1]?.split(' ') ?? [];
  if (allowed.size === 0 || families.length === 0) throw new Error('the unit restricts nothing');
  allowed.delete('socket');
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: EPERM,
    syscalls: [
      { names: [...allowed], action: ALLOW },
      ...families.map((family) => ({
        names: ['socket'],
        action: ALLOW,
        args: [{ index: 0, value: FAMILIES[family], op: 'SCMP_CMP_EQ' }],
      })),
    ],
  };
}

/** Returns the system calls of a set, which may contain sets. Any other name is a system call. */
function callsOf(name: string): string[] {
  if (!name.startsWith('@')) return [name];
  const lines = run(tool.systemdAnalyze, ['syscall-filter', '--no-pager', name]).split('\n').slice(1);
  return lines
    .map((line) => line.trim())
    .filter((line) => /^[@\w]+$/.test(line.replaceAll('-', '_')))
    .flatMap(callsOf);
}
