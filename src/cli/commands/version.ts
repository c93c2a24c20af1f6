/** `otpd version`: prints the versions that a report of a fault needs. */
import { execFileSync } from 'node:child_process';
import { Command } from 'commander';
import { VERSION } from '../../app/version.ts';
import type { Io } from '../io.ts';
import { writeJson, writeLine } from '../output/text.ts';

/** The command. */
export function versionCommand(io: Io): Command {
  return new Command('version')
    .description('print the version of otpd and of Node, and the commit of a checkout')
    .option('--json', 'print JSON')
    .action(({ json }: { readonly json?: boolean }) => {
      const [version, node, commit] = [VERSION, process.versions.node, commitOfCheckout()];
      if (json) writeJson(io.stdout, { version, node, commit });
      else writeLine(io.stdout, `otpd ${version} (Node ${node}${commit === undefined ? '' : `, commit ${commit}`})`);
    });
}

/** The commit of this checkout; undefined in the package, which has JavaScript, and if git does not answer. */
function commitOfCheckout(): string | undefined {
  if (!import.meta.url.endsWith('.ts')) return undefined;
  try {
    const git = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 2000,
    });
    return git.toString().trim();
  } catch {
    return undefined;
  }
}
