/** Wrong command lines: one line of explanation, exit code 2, and nothing of a secret repeated. */
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../src/app/version.ts';
import { commandTree } from '../../src/cli/output/command-tree.ts';
import { createProgram } from '../../src/cli/program.ts';
import { otpd, SILENT } from './harness.ts';

const env = { OTPD_API_KEY: 'any', OTPD_ADDRESS: '127.0.0.1:1' };
const SECRET = 'JBSWY3DPEHPK3PXP';

describe('a wrong command line', () => {
  it.each([
    ['an unknown command, with the near one', ['tokn'], 'error: unknown command (Did you mean token?)\n'],
    ['an unknown subcommand', ['keys', 'lst'], 'error: unknown command (Did you mean list?)\n'],
    ['a command that is like none', ['qqqqqqqq'], 'error: unknown command: see `otpd help`\n'],
    [
      'an unknown flag, with the near one',
      ['token', SECRET, '--digit', '6'],
      "error: unknown option '--digit' (Did you mean --digits?)\n",
    ],
    [
      'an API key as a flag',
      ['token', SECRET, '--api-key', 'otpd_x'],
      "error: unknown option '--api-key': set OTPD_API_KEY; other users of this machine can see arguments\n",
    ],
    [
      'a secret as a flag',
      ['token', '--secret', SECRET],
      "error: unknown option '--secret': the secret has no option of its own: pipe it in, set OTPD_SECRET, or see SECRET in --help\n",
    ],
    [
      'a code as a flag',
      ['verify', SECRET, '--code=123456'],
      "error: unknown option '--code': the code has no option of its own: see CODE in --help\n",
    ],
    ['a flag without its value', ['token', SECRET, '--digits'], "error: option '--digits <n>' argument missing\n"],
    [
      'a mistyped flag, before one that is missing',
      ['generate', '--isuer', 'ACME'],
      "error: unknown option '--isuer' (Did you mean --issuer?)\n",
    ],
    ['no name', ['keys', 'create'], "error: required option '--name <name>' not specified\n"],
    [
      'flags that go against each other',
      ['serve', '--page', '--no-page'],
      'error: --page: goes against --no-page: set one of them\n',
    ],
    ['no account', ['generate', '--issuer', 'ACME'], "error: required option '--account <name>' not specified\n"],
    [
      'a span of nothing',
      ['token', SECRET, '--timeout', '0'],
      "error: option '--timeout <seconds>' argument '0' is invalid. It must be a number of seconds, above 0 and at most 3600.\n",
    ],
    ['two arguments too many', ['token', SECRET, '1', '2'], 'error: too many arguments: see --help\n'],
  ])('is explained: %s', async (_, args, err) => {
    expect(await otpd(args, { env })).toEqual({ code: 2, out: '', err });
  });

  it.each([
    ['--digits', 'six'],
    ['--digits', '0'],
    ['--digits', '6.0'],
    ['--digits', '-6'],
    ['--period', '30s'],
    ['--period', '4294967296'],
    ['--counter', '-1'],
    ['--counter', '18446744073709551616'],
    ['--type', 'steam'],
    ['--algorithm', 'md5'],
    ['--at', 'tomorrow'],
    ['--at', '2026-02-30T00:00:00Z'],
    ['--at', '1790000000000'],
    ['--past', '1e1'],
    ['--timeout', '0'],
    ['--timeout', '3601'],
  ])('names the flag whose value is wrong: %s %s', async (flag, value) => {
    const { code, err } = await otpd(['token', SECRET, `${flag}=${value}`], { env });
    expect(code).toBe(2);
    expect(err).toContain(`error: option '${flag} <`);
    expect(err.split('\n')).toHaveLength(2);
  });

  it.each([
    ['an excess argument', ['token', '--json', 'first', SECRET]],
    ['a flag that does not exist', ['token', `--secret=${SECRET}`]],
    ['a forgotten command', [SECRET]],
  ])('does not repeat a secret: %s', async (_, args) => {
    const { code, out, err } = await otpd(args, { env });
    expect(code).toBe(2);
    expect(out + err).not.toContain(SECRET);
  });

  it('is told in JSON if JSON was wanted', async () => {
    const { code, out, err } = await otpd(['token', SECRET, '--json', '--digits', 'x'], { env });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(JSON.parse(err)).toEqual({
      error: {
        code: 'USAGE',
        message: "option '--digits <n>' argument 'x' is invalid. It must be a whole number.",
        violations: [],
      },
    });
  });

  it.each([['no code', ['verify'], 'error: no code: it is the last argument, after SECRET if that is given\n']])(
    'is explained where nobody can be asked: %s',
    async (_, args, err) => {
      expect(await otpd(args, { env, stdin: '' })).toEqual({ code: 2, out: '', err });
    },
  );

  it('of a group without its command points to the help of the group', async () => {
    const { code, out, err } = await otpd(['keys']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^Usage: otpd keys .*error: a command is missing: see `otpd keys --help`\n$/s);
  });
});

describe('help and version', () => {
  it('prints the version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await otpd(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('prints what a report of a fault needs', async () => {
    const { node } = process.versions;
    expect((await otpd(['version'])).out).toMatch(/^otpd \S+ \(Node [\d.]+(, commit [\da-f]{7,})?\)\n$/);
    expect(JSON.parse((await otpd(['version', '--json'])).out)).toMatchObject({ version: VERSION, node });
  });

  it('is the help for no arguments at all, on standard output', async () => {
    const [bare, flag, command] = await Promise.all([otpd([]), otpd(['--help']), otpd(['help'])]);
    expect(bare).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^Usage: otpd /) });
    expect([flag, command]).toEqual([bare, bare]);
  });

  it('is that of the command that is named, also of one in a group', async () => {
    expect(await otpd(['help', 'keys', 'create'])).toEqual(await otpd(['keys', 'create', '--help']));
    expect(await otpd(['help', 'tokn'])).toEqual({ code: 2, out: '', err: 'error: unknown command (Did you mean token?)\n' });
  });

  it('names each default once, and marks what is required', async () => {
    for (const { path, options } of commandTree(await createProgram(SILENT))) {
      const { out } = await otpd([...path.split(' ').slice(1), '--help']);
      expect(out, path).not.toMatch(/\(default:? [^)]*\)\s+\(default/);
      for (const { names } of options) expect(out, path).toContain(names.at(-1));
    }
    expect((await otpd(['generate', '--help'])).out).toMatch(/--account <name> +.*\(required\)/s);
  });

  it.each([50, 80])('is as wide as the terminal, but for commands to copy: %s columns', async (columns) => {
    for (const args of [[], ['verify'], ['keys', 'create'], ['attempts'], ['serve']]) {
      const { out } = await otpd([...args, '--help'], { columns, tty: true });
      // A word too long for its column stands alone.
      const wide = out.split('\n').filter((line) => line.length > columns && !/^ +(?:\$ .*|\S+)$/.test(line));
      expect(wide, args.join(' ')).toEqual([]);
    }
  });

  it.each([
    'generate',
    'token',
    'verify',
    'resync',
    'watch',
    'keys',
    'sealing-keys',
    'attempts',
    'backup',
    'restore',
    'recovery-codes',
  ])('has examples: %s', async (command) => {
    const { code, out, err } = await otpd([command, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`$ `);
    expect(out).toMatch(/Examples:\n.*otpd /s);
  });

  it.each(['token', 'verify', 'resync', 'watch'])('warns of secrets in arguments: %s', async (command) => {
    expect((await otpd([command, '--help'])).out).toMatch(/Other\s+users\s+of\s+this\s+machine\s+can\s+see\s+arguments/);
  });
});

describe('a secret', () => {
  it.each([
    ['standard input is empty', ['token', '-'], '', 'standard input is empty'],
    ['standard input is blank', ['token'], ' \n', 'standard input is empty'],
    ['standard input has two lines', ['token', '-'], 'AAAA\nBBBB\n', 'more than one line'],
    ['standard input is endless', ['token', '-'], 'A'.repeat(10_000), 'too long for a secret'],
    ['the argument is empty', ['token', ''], undefined, 'SECRET is empty'],
    ['nothing is given at a terminal', ['token'], undefined, 'no secret: set OTPD_SECRET'],
    ['a lone code is given at a terminal', ['verify', '123456'], undefined, 'no secret: set OTPD_SECRET'],
  ])('is missed when %s', async (_, args, stdin, complaint) => {
    const { code, out, err } = await otpd(args, { env, ...(stdin !== undefined && { stdin }) });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(complaint);
  });

  it('gives up waiting for it when the user stops', async () => {
    const { code, err } = await otpd(['token', '-'], { env, stdin: new PassThrough(), signal: AbortSignal.timeout(50) });
    expect({ code, err }).toEqual({ code: 2, err: 'error: interrupted\n' });
  });
});
