/** The manual page: complete, current, and without errors that its readers report. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandTree } from '../../src/cli/output/command-tree.ts';
import { createProgram } from '../../src/cli/program.ts';
import { suiteUnless } from '../support/needy-suite.ts';
import { SILENT } from './harness.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = `${ROOT}man/otpd.1`;

/** A letter that the next letter overprints, as in bold text. */
const OVERSTRUCK = new RegExp(`.${String.fromCharCode(8)}`, 'gu');

/** Returns why a program cannot be run; undefined if it is installed. */
function without(program: string): string | undefined {
  return spawnSync(program, ['--version']).error === undefined ? undefined : `there is no ${program}`;
}

describe('the manual page', () => {
  it('is made of the commands as they are', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/man-page.ts', '--check'], { cwd: ROOT, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

suiteUnless(without('mandoc'), 'the manual page by mandoc', () => {
  it('has no fault', () => {
    expect(spawnSync('mandoc', ['-Tlint', '-Wstyle', PAGE], { encoding: 'utf8' }).stdout).toBe('');
  });

  it('has each command, and each of its options that can be copied', async () => {
    const text = execFileSync('mandoc', ['-Tutf8', '-Owidth=200', PAGE], { encoding: 'utf8' }).replaceAll(OVERSTRUCK, '');
    for (const { path, options } of commandTree(await createProgram(SILENT)).slice(1)) {
      expect(text).toContain(`\n   ${path}`);
      for (const { names } of options) expect(text, path).toMatch(new RegExp(`^ +(-\\w, )?${names.at(-1)}\\b`, 'm'));
    }
    expect(text).toContain('OTPD_API_KEY_FILE');
  });
});

suiteUnless(without('groff'), 'the manual page by groff', () => {
  it('has no fault', () => {
    const { status, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z', PAGE], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
