/** The machine on which the figures were measured. */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { isPinned } from './pinning.ts';
import { root } from './root.ts';

export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly h2load: string;
  /** The commit of the project, followed by + if the work tree has changes. */
  readonly commit: string;
  readonly pinned: boolean;
}

export function describeMachine(): Machine {
  const dirty =
    output('git', ['status', '--porcelain', '--', 'src', 'gen', 'clients/typescript/src', 'bench', 'package.json']) === ''
      ? ''
      : '+';
  return {
    date: new Date().toISOString(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `Linux ${release()}`,
    node: process.version,
    h2load: output('h2load', ['--version']),
    commit: `${output('git', ['rev-parse', '--short', 'HEAD']) || 'unknown'}${dirty}`,
    pinned: isPinned,
  };
}

/** Returns the lines above a table. */
export function machineLines(machine: Machine): string {
  const { processor, cores, memoryGiB, kernel, node, h2load, commit, date, pinned } = machine;
  const place = pinned
    ? 'server on core 0, load and Redis on core 1'
    : 'NOTHING PINNED (one core, or no taskset): not to be compared';
  return [
    `${date}, commit ${commit}, Node ${node}, ${h2load}`,
    `${processor}, ${cores} cores, ${memoryGiB} GiB, ${kernel}; ${place}`,
  ].join('\n');
}

function output(command: string, args: readonly string[]): string {
  return spawnSync(command, args, { encoding: 'utf8', cwd: root('.') }).stdout?.trim() ?? '';
}
