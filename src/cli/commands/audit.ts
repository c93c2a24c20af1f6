/** `otpd audit`: checks an audit trail by its chain of digests. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { checkTrail, type TrailCheck, type TrailFault } from '../../observability/audit-verify.ts';
import type { Io } from '../io.ts';
import { EXIT } from '../output/exit.ts';
import { fileTrouble, localError } from '../output/failure.ts';
import { paint, printable, writeJson, writeLine } from '../output/text.ts';

/** The most faults that are printed. */
const MOST_TOLD = 20;

const HELP = `
Name the files of a rotated trail in order, the oldest first. If you have deleted the first files, add
--continued.

The check finds lines that were changed, added or removed. It cannot find that the end was cut off, or
that the whole trail was rewritten: from time to time, note the digest of the last line elsewhere.

Exit codes: 0 the trail is intact; 1 it is not; 2 it could not be read.

Examples:
  $ otpd audit verify /var/log/otpd/audit.jsonl
  $ otpd audit verify audit.jsonl.2 audit.jsonl.1 audit.jsonl --json`;

interface VerifyFlags {
  readonly continued?: boolean;
  readonly json?: boolean;
}

/** The command with its subcommand. */
export function auditCommand(io: Io): Command {
  const verify = new Command('verify')
    .description('check that no line of an audit trail was changed or removed')
    .argument('<FILE...>', 'the files of the trail, the oldest first')
    .option('--continued', 'earlier files of the trail were deleted')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((files: string[], flags: VerifyFlags) => verifyTrail(io, files, flags));
  return new Command('audit').description('check an audit trail').addCommand(verify);
}

async function verifyTrail(io: Io, files: readonly string[], { continued = false, json }: VerifyFlags): Promise<void> {
  const faults: TrailFault[] = [];
  let found = 0;
  const check = checkTrail(continued, (fault) => {
    found += 1;
    if (faults.length < MOST_TOLD) faults.push(fault);
  });
  let lines = 0;
  for (const file of files) lines += await readLines(io, file, check);
  if (found > 0) io.setExitCode(EXIT.refused);
  const last = check.last();
  if (json) {
    writeJson(io.stdout, {
      whole: found === 0,
      lines,
      lastDigest: last ?? null,
      faultCount: found,
      faults,
    });
    return;
  }
  for (const { file, line, fault } of faults) writeLine(io.stdout, printable(`${file}:${line}: the line ${fault}`));
  if (found > faults.length) writeLine(io.stdout, `and ${found - faults.length} more faults`);
  const verdict = found === 0 ? paint(io, io.stdout, 'green', 'whole') : paint(io, io.stdout, 'red', 'not whole');
  writeLine(io.stdout, `${verdict}: ${lines} lines${last === undefined ? '' : `; last digest ${last}`}`);
}

/** Passes each line to the check; returns the number of lines. */
async function readLines(io: Io, file: string, check: TrailCheck): Promise<number> {
  let number = 0;
  try {
    const input = createReadStream(file, { signal: io.signal });
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      check.line(file, number, line);
    }
  } catch (error) {
    if (io.signal.aborted) throw error;
    throw localError(`${file} cannot be read: ${fileTrouble(error)}`);
  }
  return number;
}
