/** The program on a real terminal: its output, its questions, and the input that is not shown. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import jsqr from 'jsqr';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deviceOf } from '../support/enrolment.ts';
import { openTerminal, pixelsOf, type TerminalOptions, type TerminalSession, type Theme } from '../support/terminal.ts';
import { otpd } from './harness.ts';
import { makeFolder, type Real, startReal } from './real.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const SECRET = 'JBSWY3DPEHPK3PXP';
const PATIENT = { timeout: 60_000, interval: 50 };

// Several processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const CLEAR_LINE = '\r\x1b[2K';
const THEMES: Readonly<Record<string, Theme>> = {
  dark: { background: [13, 17, 23], foreground: [230, 237, 243] },
  light: { background: [255, 255, 255], foreground: [36, 41, 47] },
  sepia: { background: [253, 246, 227], foreground: [101, 123, 131] },
};
const scan = jsqr as unknown as typeof jsqr.default; // A CommonJS module, whose export is the function.

let server: Real;

beforeAll(async () => {
  server = await startReal();
});
afterAll(() => server[Symbol.asyncDispose]());

const open = (args: readonly string[], { env, ...size }: TerminalOptions = {}) =>
  openTerminal([process.execPath, MAIN, ...args], { env: { ...server.env, ...env }, ...size });

/** Resolves once the terminal shows `pattern`. */
async function shows(session: TerminalSession, pattern: RegExp): Promise<void> {
  await expect.poll(session.text, PATIENT).toMatch(pattern);
}

/** Expects that no line was longer than its row. */
function fits(session: TerminalSession, columns: number): void {
  const lines = stripVTControlCharacters(session.raw()).split('\r\n');
  expect(lines.filter((line) => line.length > columns)).toEqual([]);
}

/** Returns the text of the QR code on the screen, as read by an app that cannot read inverted codes. */
function scanned({ terminal }: TerminalSession, theme: Theme): string | undefined {
  const { data, width, height } = pixelsOf(terminal, theme);
  return scan(data, width, height, { inversionAttempts: 'dontInvert' })?.data;
}

/** Expects that both URIs describe the same key. The code on a small screen omits the defaults that every app assumes. */
function sameKey(uri: string | undefined, other: string): void {
  const [one, two] = [deviceOf(uri ?? ''), deviceOf(other)];
  expect([one.parameters, Buffer.from(one.secret).toString('hex')]).toEqual([
    two.parameters,
    Buffer.from(two.secret).toString('hex'),
  ]);
}

describe('a QR code', () => {
  it.each([
    ['colours', {}],
    ['NO_COLOR', { NO_COLOR: '1' }],
  ])('is read from 80 × 24 whatever the theme, above the next prompt: %s', async (_, env) => {
    await using session = open(['generate', '--issuer', 'ACME', '--account', 'alice@example.com'], { env });
    expect(await session.ended).toBe(0);
    const uri =
      session
        .text()
        .replaceAll('\n', '')
        .match(/otpauth:\S+?period=30/)?.[0] ?? '';
    for (const theme of Object.values(THEMES)) expect(scanned(session, theme)).toBe(uri);
    expect(session.terminal.buffer.active.cursorY).toBe(23);
  });

  it.each([
    ['a long name', ['--account', 'a.rather.long.name@mail.example.com'], {}, { columns: 80, lines: 24 }],
    ['ASCII', ['--account', 'alice'], { LC_ALL: 'C' }, { columns: 100, lines: 60 }],
  ])('fits, and says the same, with %s', async (_, flags, env, size) => {
    await using session = open(['generate', '--issuer', 'ACME', ...flags], { env, ...size });
    expect(await session.ended).toBe(0);
    const uri =
      session
        .text()
        .replaceAll('\n', '')
        .match(/otpauth:\S+?period=30/)?.[0] ?? '';
    for (const theme of Object.values(THEMES)) sameKey(scanned(session, theme), uri);
    if ('LC_ALL' in env) expect(session.raw()).toMatch(/^\p{ASCII}*$/u);
  });

  it.each([
    ['too narrow', { columns: 40, lines: 50 }, 'the QR code needs 41 columns and 22 lines, this terminal has 40 and 50'],
    ['too low', { columns: 80, lines: 20 }, 'the QR code needs 41 columns and 22 lines, this terminal has 80 and 20'],
  ])('is not drawn where it has not the room, which is said with the remedy: %s', async (_, size, complaint) => {
    await using session = open(['generate', '--issuer', 'ACME', '--account', 'alice@example.com'], size);
    expect(await session.ended).toBe(0);
    const told = session.raw().replace(/\s+/g, ' ');
    expect(told).toContain(`${complaint}: enlarge it, or run the command again with --secret`);
    expect(told).not.toMatch(/[▀▄█]/);
  });

  it.each([
    ['plain', 'dark'],
    ['invert', 'light'],
  ])('has no colours as %s, for a %s terminal', async (look, theme) => {
    await using session = open(['generate', '--account', 'alice', '--qr', look], { env: { NO_COLOR: '1' } });
    expect(await session.ended).toBe(0);
    expect(session.raw()).not.toContain('\x1b[');
    expect(scanned(session, THEMES[theme] as Theme)).toContain('otpauth://totp/alice');
  });

  it('is left out on request', async () => {
    await using session = open(['generate', '--issuer', 'ACME', '--account', 'alice', '--qr', 'none']);
    expect(await session.ended).toBe(0);
    expect(session.raw()).not.toMatch(/[▀▄█]|warning/);
  });
});

describe('what is asked for', () => {
  it('is a secret and a code, neither of which is shown', async () => {
    const code = (await otpd(['token', SECRET], { env: server.env })).out.trim();
    await using session = open(['verify']);
    await shows(session, /^Secret \(not shown\):/);
    session.type(`${SECRET}\r`);
    await shows(session, /\nCode \(not shown\):/);
    session.type(`${code}\r`);
    expect(await session.ended).toBe(0);
    expect(session.text()).toMatch(/\n✓ accepted/);
    expect(session.raw()).not.toContain(SECRET);
    expect(session.raw()).not.toContain(code);
  });

  it.each([
    ['Ctrl-C', '\x03', /error: interrupted/],
    ['Ctrl-D', '\x04', /error: no secret: set OTPD_SECRET, or pipe it in/],
    ['an empty line', '\r', /error: no secret: set OTPD_SECRET, or pipe it in/],
  ])('may be refused by %s', async (_, keys, complaint) => {
    await using session = open(['token']);
    await shows(session, /^Secret/);
    session.type(keys);
    expect(await session.ended).toBe(2);
    expect(session.text()).toMatch(complaint);
  });

  it('is the code of a new key until one is right', async () => {
    await using session = open(['enrol', '--issuer', 'ACME', '--account', 'alice', '--context', 'alice']);
    await shows(session, /Code that the app shows:/);
    const device = deviceOf(scanned(session, THEMES['dark'] as Theme) ?? '');
    const right = device.code(Date.now());
    session.type(`${right === '000000' ? '000001' : '000000'}\r`);
    await shows(session, /✗ wrong code \(4 attempts left\)/);
    session.type(`${right}\r`);
    expect(await session.ended).toBe(0);
    expect(session.text()).toMatch(/✓ confirmed: store this sealed key with the user\n\notpk1_/);
    expect(session.raw()).not.toContain(right);
  });

  it.each([
    ['n', 2, /error: nothing is revoked/],
    ['', 2, /error: nothing is revoked/],
    ['yes', 0, /revoked \S+ \(billing, plan ultra, never used\)/],
  ])('is whether an API key is to be revoked, answered by "%s"', async (answer, code, told) => {
    const env = { OTPD_DATA_DIR: server.dataDir };
    const made = JSON.parse((await otpd(['keys', 'create', '--name', 'billing', '--json'], { env })).out);
    await using session = open(['keys', 'revoke', made.key.id], { env, columns: 120 });
    await shows(session, /Revoke \S+ \(billing, plan ultra, never used\)\?.*\[y\/N\]/);
    session.type(`${answer}\r`);
    expect(await session.ended).toBe(code);
    expect(session.text()).toMatch(told);
    expect((await otpd(['keys', 'show', made.key.id], { env })).out).toMatch(code === 0 ? /status +revoked/ : /status +active/);
  });

  it('is nothing with --yes', async () => {
    const env = { OTPD_DATA_DIR: server.dataDir };
    const made = JSON.parse((await otpd(['keys', 'create', '--name', 'shop', '--json'], { env })).out);
    await using session = open(['keys', 'revoke', made.key.id, '--yes'], { env });
    expect(await session.ended).toBe(0);
    expect(session.text()).toBe(`revoked ${made.key.id} (shop, plan ultra, never used)`);
  });
});

describe('a watch', () => {
  it.each([
    [24, /^\d{3} \d{3} {2}\d+ s( !)?$/],
    [80, /^\d{3} \d{3} {2}█*░* \d+ s( !)?$/],
    [8, /^\d{3} \d{3}$/],
  ])('keeps to one line at %i columns, and draws it once a second', async (columns, line) => {
    await using session = open(['watch', SECRET], { columns });
    await shows(session, /^\d{3} \d{3}/);
    const draws = () => session.raw().split(CLEAR_LINE).slice(1);
    await expect.poll(() => draws().length, PATIENT).toBeGreaterThanOrEqual(4);
    // Each drawing shows another second.
    const repeated = draws().filter((drawn, at, all) => drawn === all[at - 1]);
    if (columns > 8) expect(repeated).toEqual([]);
    expect(session.text()).toMatch(line);
    session.type('\x03');
    expect(await session.ended).toBe(0);
    // The terminal itself prints ^C, on a separate line if there is no room.
    if (columns > 8) expect(session.text()).toBe('');
  });

  it('draws nothing again for a screen reader', async () => {
    await using session = open(['watch', SECRET, '--period', '1'], { env: { OTPD_ACCESSIBLE: '1' } });
    await shows(session, /^\d{6} {2}until \S+\n\d{6} {2}until /);
    expect(session.raw()).not.toContain('\x1b');
  });
});

describe('tables', () => {
  it('of API keys fit 80 columns, and leave out what has ended', async () => {
    const env = { OTPD_DATA_DIR: makeFolder() };
    const keys = (...args: string[]) => otpd(['keys', ...args], { env });
    const all = 'generate,token,verify,seal,export,admin';
    await keys('create', '--name', 'a name that is as long as people like to write them', '--scopes', all, '--expires', '20h');
    await keys('create', '--name', 'billing', '--plan', 'free', '--expires', '90d');
    const { key } = JSON.parse((await keys('create', '--name', 'gone', '--json')).out);
    await keys('revoke', key.id);
    await using list = open(['keys', 'list'], { env });
    await using every = open(['keys', 'list', '--all'], { env });
    await using wide = open(['keys', 'list', '--wide'], { env, columns: 200 });
    expect([await list.ended, await every.ended, await wide.ended]).toEqual([0, 0, 0]);
    const [head, long, billing, count] = list.raw().trimEnd().split('\r\n');
    expect(head).toMatch(/^ID +NAME +PLAN +SCOPES +EXPIRES +LAST USED$/);
    expect(long).toMatch(/^\w{12} {2}a name.*… +ultra +gener.*… +in 19 h ! +never$/);
    expect(billing).toMatch(/^\w{12} {2}billing +free +generate token v.*… +in 89 d +never$/);
    expect(count).toBe('2 active, 1 revoked or expired (--all shows them)');
    for (const line of list.raw().split('\r\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(every.text()).toMatch(/gone .* revoked +never\n2 active, 1 revoked or expired$/);
    expect(wide.text()).toMatch(/^ID .* STATUS +CREATED .*\n.*generate,token,verify,seal,export,admin +active +\d{4}-/);
    rmSync(env.OTPD_DATA_DIR, { recursive: true });
  });

  it('of codes mark the current one', async () => {
    await using session = open(['token', SECRET, '--past', '1', '--future', '1']);
    await using ascii = open(['token', SECRET, '--past', '1', '--future', '1'], { env: { LC_ALL: 'POSIX' } });
    expect([await session.ended, await ascii.ended]).toEqual([0, 0]);
    const row = (mark: string, place: string) => `${mark} {2}\\d{3} \\d{3} {2}[\\d:]{8} {4}[\\d:]{8} {2}${place}`;
    const table = (mark: string) =>
      new RegExp(`^ {3}CODE +VALID FROM +UNTIL\\n${row(' ', 'past')}\\n${row(mark, 'this')}\\n${row(' ', 'to come')}$`);
    expect(session.text()).toMatch(table('▸'));
    expect(ascii.text()).toMatch(table('>'));
  });

  it('of the usage fit 80 columns, and a narrow terminal without the bars', async () => {
    const env = { ...server.env, OTPD_DATA_DIR: server.dataDir };
    const OTPD_API_KEY = (await otpd(['keys', 'create', '--name', 'used', '--plan', 'pro'], { env })).out.trim();
    await using session = open(['usage'], { env: { OTPD_API_KEY } });
    expect(await session.ended).toBe(0);
    expect(session.text()).toMatch(/^plan pro\nminute +█░+ +1 of 30 +less in \d+ (s|min)\n/);
    fits(session, 80);
    await using narrow = open(['usage'], { env: { OTPD_API_KEY }, columns: 50 });
    expect(await narrow.ended).toBe(0);
    expect(narrow.text()).toMatch(/^plan pro\nminute +2 of 30 +less in \d+ (s|min)\n/);
    fits(narrow, 50);
  });

  it.each([80, 44])('of sealing keys fit %i columns', async (columns) => {
    const env = { OTPD_DATA_DIR: makeFolder() };
    await otpd(['keys', 'create', '--name', 'first'], { env });
    await otpd(['sealing-keys', 'add'], { env });
    await otpd(['sealing-keys', 'add'], { env });
    await using list = open(['sealing-keys', 'list'], { env, columns });
    expect(await list.ended).toBe(0);
    const [head, first, second] = list.text().split('\n');
    expect(head).toMatch(
      columns === 80 ? /^ID +CREATED +SEALS FROM +STATE +LAST USED$/ : /^ID +CREATED +SEALS … +STATE +LAST US…$/,
    );
    expect(first).toMatch(/^[\da-f]{8} .* seals +never$/);
    expect(second).toMatch(columns === 80 ? /^[\da-f]{8} .* in 9 min +staged +never$/ : /^[\da-f]{8} .* staged +never$/);
    fits(list, columns);
    rmSync(env.OTPD_DATA_DIR, { recursive: true });
  });

  it.each([80, 40])('of the status of a server fit %i columns, for any outcomes', async (columns) => {
    await otpd(['verify', SECRET, 'abc'], { env: server.env });
    await otpd(['verify', SECRET, '000000', '--allow-reuse'], { env: server.env });
    await using status = open(['server-status'], { columns });
    expect(await status.ended).toBe(0);
    expect(status.text()).toMatch(/^store {6}reachable\n.*\nlast hour {2}\d+ \w+\n {11}\d+ \w+/);
    fits(status, columns);
  });

  it.each([[['token', SECRET, '--past', '10', '--future', '10']], [['keys', 'list', '--all']]])(
    'fit a narrow terminal: %s',
    async (args) => {
      await using session = open(args, { env: { OTPD_DATA_DIR: server.dataDir }, columns: 66 });
      expect(await session.ended).toBe(0);
      expect(session.text().split('\n').length).toBeGreaterThan(2);
      fits(session, 66);
    },
  );
});

describe('a server', () => {
  const serve = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    open(['serve', '--listen', '127.0.0.1:0', '--http-listen', 'off', '--ops-listen', 'off', ...args], { env, columns: 140 });

  it('writes its log in words, and in JSON on request', async () => {
    const dataDir = makeFolder();
    await using session = serve(['--data-dir', dataDir]);
    await shows(session, /info {2}listening/);
    const [, address = ''] = /is ready on (\S+)/.exec(session.text()) ?? [];
    const [, apiKey = ''] = /API key {2}(otpd_\w+)/.exec(session.text()) ?? [];
    const env = { OTPD_ADDRESS: address, OTPD_API_KEY: apiKey };
    await otpd(['verify', SECRET, '000000'], { env });
    await otpd(['token', '!'], { env });
    await shows(session, /\n[\d:]{8} {2}Verify {8}OK mismatch {7}\d+\.\d ms {2}\w{12}\n/);
    await shows(session, /\n[\d:]{8} {2}Token {9}INVALID_ARGUMENT INVALID_FIELDS {2}\d+\.\d ms {2}\w{12} {2}request [\w-]+/);
    session.type('\x03');
    expect(await session.ended).toBe(0);
    expect(session.text()).toMatch(/info {2}stopping\n.*info {2}stopped/);
    await using json = serve(['--data-dir', dataDir, '--log-format', 'json']);
    await shows(json, /"msg":"listening"/);
    rmSync(dataDir, { recursive: true });
  });
});
