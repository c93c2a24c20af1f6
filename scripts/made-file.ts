/** Files that scripts generate and that are committed. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Writes a file. With `--check` only compares: if the file differs, names the command that writes it, and the process exits with 1. */
export function writeOrCheck(file: string, text: string, command: string): void {
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${file} is out of date: run \`${command}\`\n`);
    process.exitCode = 1;
  }
}
