/** Wrong command lines: one line of explanation, exit code 2, and no part of a secret in the output. */
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
    [
      'an unknown command, with the near one',
      ['tokn'],
      "error: unknown command 'tokn' (Did you mean token?): see `otpd --help`\n",
    ],
    ['an unknown subcommand', ['keys', 'lst'], "error: unknown command 'lst' (Did you mean list?): see `otpd keys --help`\n"],
    ['a command that is like none', ['qqqqqqqq'], "error: unknown command 'qqqqqqqq': see `otpd --help`\n"],
    ['a command in capitals', ['TOKEN'], "error: unknown command 'TOKEN' (Did you mean token?): see `otpd --help`\n"],
    [
      'a command with a digit, which could be a code',
      ['token1'],
      'error: unknown command (Did you mean token?): see `otpd --help`\n',
    ],
    [
      'a flag in front of the command',
      ['--tls', 'usage'],
      "error: unknown option '--tls': it goes after the command: see `otpd --help`\n",
    ],
    [
      'a flag in front of the command of a group',
      ['keys', '--name', 'shop', 'create'],
      "error: unknown option '--name': it goes after the command: see `otpd keys --help`\n",
    ],
    [
      'another flag for the address to call',
      ['token', '--server', 'otp.example.com'],
      "error: unknown option '--server': the address is given by `--address <host:port>`: see `otpd token --help`\n",
    ],
    [
      'another flag for the server of an administrator',
      ['keys', 'list', '--address', 'otp.example.com'],
      "error: unknown option '--address': the address is given by `--server <host:port>`: see `otpd keys list --help`\n",
    ],
    [
      'another flag for the address to listen on',
      ['serve', '--port', '50051'],
      "error: unknown option '--port': the address is given by `--listen <host:port>`: see `otpd serve --help`\n",
    ],
    [
      'another flag for the operations door to ask',
      ['health', '--server', 'otp.example.com'],
      "error: unknown option '--server': the address is given by `--ops-listen <host:port|off>`: see `otpd health --help`\n",
    ],
    ['a code before its secret', ['verify', '123456', SECRET], 'error: SECRET comes before CODE: exchange the two arguments\n'],
    [
      'a sealed key as a secret',
      ['token', 'otpk1_AAAA'],
      'error: SECRET is a sealed key: give it with --sealed, and its context with --context\n',
    ],
    [
      'an unknown flag, with the near one',
      ['token', SECRET, '--digit', '6'],
      "error: unknown option '--digit' (Did you mean --digits?): see `otpd token --help`\n",
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
    [
      'a flag without its value',
      ['token', SECRET, '--digits'],
      "error: option '--digits <n>' argument missing: see `otpd token --help`\n",
    ],
    [
      'a mistyped flag, before one that is missing',
      ['generate', '--isuer', 'ACME'],
      "error: unknown option '--isuer' (Did you mean --issuer?): see `otpd generate --help`\n",
    ],
    ['no name', ['keys', 'create'], "error: required option '--name <name>' not specified: see `otpd keys create --help`\n"],
    [
      'flags that go against each other',
      ['serve', '--page', '--no-page'],
      'error: --page: goes against --no-page: set one of them\n',
    ],
    [
      'no account',
      ['generate', '--issuer', 'ACME'],
      "error: required option '--account <name>' not specified: see `otpd generate --help`\n",
    ],
    [
      'a span of nothing',
      ['token', SECRET, '--timeout', '0'],
      "error: option '--timeout <seconds>' argument '0' is invalid. It must be a number of seconds, above 0 and at most 3600.\n",
    ],
    [
      'a word that is none of its choices',
      ['completion', 'bsh'],
      'error: SHELL must be one of bash, zsh, fish: see `otpd completion --help`\n',
    ],
    ['two arguments too many', ['token', SECRET, '1', '2'], 'error: too many arguments: see `otpd token --help`\n'],
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
    ['a forgotten command, and a secret without digits', ['JBSWYJDPEHPKJPXP']],
    ['a forgotten command, and an API key', ['otpd_canary']],
    ['arguments that are exchanged', ['verify', '123456', SECRET]],
  ])('does not repeat a secret: %s', async (_, args) => {
    const { code, out, err } = await otpd(args, { env });
    expect(code).toBe(2);
    expect(out + err).not.toMatch(/JBSWY|canary|123456/);
  });

  it('is in JSON if JSON was requested', async () => {
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
    'is explained if no person can be asked: %s',
    async (_, args, err) => {
      expect(await otpd(args, { env, stdin: '' })).toEqual({ code: 2, out: '', err });
    },
  );
});

describe('every command', async () => {
  const tree = commandTree(await createProgram(SILENT));
  const run = (path: string, ...args: string[]) => otpd([...path.split(' ').slice(1), ...args], { env });
  const seeHelp = (path: string) => `: see \`${path} --help\`\n`;

  it('is found', () => {
    expect(tree.length).toBeGreaterThan(35);
  });

  it.each(tree)('has a help: $path', async ({ path }) => {
    const { code, out, err } = await run(path, '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^Usage: ${path} .*\n\n[A-Za-z]`));
  });

  it.each(tree)('names a flag that it does not have, and its help: $path', async ({ path }) => {
    const err = `error: unknown option '--frobnicate'${seeHelp(path)}`;
    expect(await run(path, '--frobnicate')).toEqual({ code: 2, out: '', err });
  });

  it.each(tree)('suggests the flag that was meant: $path', async ({ path, options }) => {
    const meant = options.flatMap(({ names }) => names).toSorted((one, other) => other.length - one.length)[0] ?? '';
    const mistyped = meant.slice(0, -1);
    const err = `error: unknown option '${mistyped}' (Did you mean ${meant}?)${seeHelp(path)}`;
    expect(await run(path, mistyped)).toEqual({ code: 2, out: '', err });
  });

  const withArguments = tree.flatMap(({ path, usage }) => {
    const [, name] = /^<(\w+)/.exec(usage) ?? [];
    return name === undefined ? [] : [{ path, name }];
  });
  it.each(withArguments)('names the argument that is missing: $path $name', async ({ path, name }) => {
    const err = `error: missing required argument '${name}'${seeHelp(path)}`;
    expect(await run(path)).toEqual({ code: 2, out: '', err });
  });

  const withRequired = tree.flatMap(({ path, options }) => {
    const required = options.find(({ description }) => description.endsWith('(required)'));
    return required === undefined ? [] : [{ path, flag: `${required.names.at(-1)} <${required.value}>` }];
  });
  it.each(withRequired)('names the flag that is missing: $path $flag', async ({ path, flag }) => {
    const err = `error: required option '${flag}' not specified${seeHelp(path)}`;
    expect(await run(path)).toEqual({ code: 2, out: '', err });
  });

  const groups = tree.filter(({ path, subcommands }) => path !== 'otpd' && subcommands.length > 0);
  it.each(groups)('of a group is missing: $path', async ({ path, subcommands }) => {
    const { code, out, err } = await run(path);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`error: a command is missing${seeHelp(path)}`);
    for (const { name } of subcommands) expect(err).toMatch(new RegExp(`^ {2}${name} `, 'm'));
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
    expect(await otpd(['help', 'tokn'])).toEqual({
      code: 2,
      out: '',
      err: "error: unknown command 'tokn' (Did you mean token?): see `otpd --help`\n",
    });
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
      // A word that is too long for its column has its own line.
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

  it('stops waiting for it when the user stops', async () => {
    const { code, err } = await otpd(['token', '-'], { env, stdin: new PassThrough(), signal: AbortSignal.timeout(50) });
    expect({ code, err }).toEqual({ code: 2, err: 'error: interrupted\n' });
  });
});
