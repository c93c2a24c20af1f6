/** `otpd completion`: the scripts, tested in the shells themselves. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { suiteUnless } from '../support/needy-suite.ts';
import { openTerminal } from '../support/terminal.ts';
import { otpd } from './harness.ts';

const run = promisify(execFile);
// zsh compiles its functions at the first start.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
const script = (shell: string) => join(folder, `_${shell}`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(script(shell), (await otpd(['completion', shell])).out);
  writeFileSync(join(folder, 'trail.jsonl'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the proposals for a line, whose last word may be empty. */
const ask: Readonly<Record<string, (words: readonly string[]) => Promise<string[]>>> = {
  async bash(words) {
    const ask = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _otpd; printf "%s\\n" "\${COMPREPLY[@]}"`;
    return lines((await run('bash', ['-c', ask, script('bash'), ...words], { cwd: folder })).stdout);
  },
  async fish(words) {
    const ask = 'source $argv[1]; complete -C "$argv[2]"';
    const { stdout } = await run('fish', ['-c', ask, script('fish'), words.join(' ')], { cwd: folder });
    return lines(stdout).map((line) => line.split('\t')[0] ?? '');
  },
};

/** Returns why a shell cannot be used; undefined if it is installed. */
function without(shell: string): string | undefined {
  return spawnSync(shell, ['-c', 'exit']).error === undefined ? undefined : `there is no ${shell}`;
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

for (const shell of ['bash', 'fish']) suiteUnless(without(shell), `completion in ${shell}`, () => completes(shell));

function completes(shell: string): void {
  const proposals = async (line: string) => (await ask[shell]?.(line.split(' '))) ?? [];

  it.each([
    ['commands', 'otpd re', ['recovery-codes', 'restore', 'resync', 'rewrap']],
    ['commands of a group', 'otpd keys re', ['revoke']],
    ['flags', 'otpd keys revoke --y', ['--yes']],
    ['flags behind other words', 'otpd token SECRET --timeout 5 --pas', ['--past']],
    ['the values of a flag', 'otpd generate --qr p', ['plain']],
    ['the values of a setting', 'otpd serve --log-format t', ['text']],
    ['the values of an argument', 'otpd completion z', ['zsh']],
    ['files, where an argument is a file', 'otpd audit verify tr', ['trail.jsonl']],
    ['files, where a flag takes one', 'otpd generate --png tr', ['trail.jsonl']],
    ['nothing for a value that is free', 'otpd keys create --name tr', []],
    ['nothing for a secret', 'otpd token tr', []],
  ])('completes %s', async (_, line, expected) => {
    expect((await proposals(line)).toSorted()).toEqual(expected);
  });
}

suiteUnless(without('zsh'), 'completion in zsh', () => it('completes commands, flags and values', completesInZsh));

async function completesInZsh(): Promise<void> {
  await using session = openTerminal(['zsh', '-f'], { columns: 100, env: { HOME: folder } });
  session.type(`autoload -Uz compinit && compinit -u -D && source ${script('zsh')}; clear\r`);
  for (const [typed, completed] of [
    ['otpd wat\t', /[>#%] otpd watch $/m],
    ['otpd keys revo\t', /[>#%] otpd keys revoke $/m],
    ['otpd keys revoke --y\t', /[>#%] otpd keys revoke --yes $/m],
    ['otpd serve --log-format j\t', /[>#%] otpd serve --log-format json $/m],
    [`otpd audit verify ${folder}/tr\t`, /trail\.jsonl $/m],
  ] as const) {
    session.type(typed);
    await expect.poll(() => `${session.screen()} `, { timeout: 60_000 }).toMatch(completed);
    // Clears the line.
    session.type('\x15');
  }
  session.type('exit\r');
  expect(await session.ended).toBe(0);
}
