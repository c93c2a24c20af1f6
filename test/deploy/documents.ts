/** Runs the commands of a document unchanged, with fake programs for missing ones such as `docker`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT, run } from './tools.ts';

/** A call of a program, with its arguments. */
export type Call = readonly [program: string, ...args: string[]];

export interface BlockOptions {
  readonly cwd?: string;
  /** Fake programs that record their calls; some also do work in a shell script. */
  readonly programs: Readonly<Record<string, string>>;
  /** The replacements for paths of the system. */
  readonly instead?: Readonly<Record<string, string>>;
}

/** Returns the only block of commands in `file` that contains `words`. */
export function blockWith(file: string, words: string): string {
  const blocks = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const found = blocks.filter((block) => block.includes(words));
  if (found.length !== 1) throw new Error(`${found.length} blocks of ${file} have ${words}`);
  return String(found[0]);
}

/** Runs a block by `sh`, which ends at the first command that fails. Returns the calls of `programs` in order. */
export function runBlock(block: string, { cwd = ROOT, programs, instead = {} }: BlockOptions): Call[] {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-programs-'));
  const calls = join(folder, 'calls');
  writeFileSync(calls, '');
  const note = `const { appendFileSync } = require('node:fs'); appendFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)) + '\\n')`;
  for (const [name, script] of Object.entries(programs)) {
    const noted = `'${process.execPath}' -e "${note}" '${calls}' ${name} "$@" || exit`;
    writeFileSync(join(folder, name), `#!/bin/sh\n${noted}\n${script}\n`, { mode: 0o755 });
  }
  const replaced = Object.entries(instead).reduce((text, [path, other]) => text.replaceAll(path, other), block);
  try {
    run('sh', ['-e', '-c', replaced], { cwd, env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` } });
    const lines = readFileSync(calls, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns the values of an option that may occur several times. */
export function valuesOf(call: Call, option: string): string[] {
  return call.flatMap((text, place) => (text === option ? [String(call[place + 1])] : []));
}
