/** `otpd version`: what is running, for a report of a fault. */
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

/** The commit that is checked out here; undefined in a package, which has JavaScript, and where git does not tell. */
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
