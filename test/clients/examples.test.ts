/**
 * Tests the web apps of examples/README.md against a real server, through their forms: enrolment, login, recovery, a new phone, and errors. Also runs
 * the programs of the README with the packages of the apps.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Device, deviceOf } from '../support/enrolment.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Example, type Installed, install, LANGUAGES } from './example-apps.ts';
import { Visitor } from './visitor.ts';

const PASSWORD = 'correct horse';
const UNAVAILABLE = 'We cannot check codes right now. Please try again in a moment.';

describe.each(LANGUAGES)('the example in %s', (language) => {
  let server: TestServer;
  let installed: Installed;
  let app: Example;

  beforeAll(async () => {
    server = await startServer();
    installed = await install(language);
    // The API key has only the scopes that the app needs.
    app = await installed.start(server.address, await server.createKey({ scopes: ['generate', 'verify'] }));
  }, 300_000);
  afterAll(async () => {
    await app[Symbol.asyncDispose]();
    installed.remove();
    await server.close();
  });

  // The README has no program in Go.
  if (language !== 'go')
    test('the program of the README verifies a code', async () => {
      const fence = new RegExp(`^\`\`\`${language === 'python' ? 'python' : 'ts'}\\n([^]*?)^\`\`\`$`, 'm');
      const [, shown = ''] = fence.exec(readFileSync('README.md', 'utf8')) ?? [];
      expect(shown).toContain('127.0.0.1:50051');
      const { exitCode, stdout, stderr } = await installed.run(shown.replace('127.0.0.1:50051', server.address), server.apiKey);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
      expect(stdout).toMatch(/^otpauth:\/\/totp\/ACME:.*\n(?:true|True)\n$/);
    });

  /** Returns a new visitor after the password step. */
  async function arrive(name: string): Promise<Visitor> {
    const visitor = new Visitor(app.url);
    await visitor.open('/');
    await visitor.send('/login', { name, password: PASSWORD });
    return visitor;
  }

  /** Sets up a phone from the account page; resolves to the device and its recovery codes. */
  async function setUp(visitor: Visitor): Promise<{ readonly device: Device; readonly codes: string[]; readonly used: string }> {
    const { text } = await visitor.send('/setup', { password: PASSWORD });
    const device = deviceOf(uriIn(text));
    const used = device.code(Date.now());
    const { title, text: shown } = await visitor.send('/confirm', { code: used });
    expect(title).toBe('Your recovery codes');
    return { device, used, codes: codesIn(shown) };
  }

  test('a user enrols, confirms, signs in with a code, and not twice with the same', async () => {
    const visitor = await arrive('alice@example.com');
    expect(visitor.shown?.text).toContain('Your second factor is off.');
    const { text } = await visitor.send('/setup', { password: PASSWORD });
    const uri = uriIn(text);
    const secret = new URL(uri).searchParams.get('secret') ?? '';
    expect(text).toMatch(/<img src="data:image\/png;base64,[^"]+" alt="QR code for your authenticator app">/);
    expect(text.replaceAll(' ', '')).toContain(`<code>${secret}</code>`);
    const device = deviceOf(uri);

    // Without the confirmation, the second factor is off, and the secret is not shown again.
    const wrong = await visitor.send('/confirm', { code: wrongFor(device) });
    expect(wrong.error).toBe('That code did not work. Enter the newest code from your app.');
    expect(wrong.text).not.toContain(secret);
    expect((await arrive('alice@example.com')).shown?.text).toContain('Your second factor is off.');
    const code = device.code(Date.now());
    const codes = codesIn((await visitor.send('/confirm', { code })).text);
    expect(new Set(codes).size).toBe(10);
    // The session that confirmed the key has passed the second factor.
    expect((await visitor.open('/')).text).toContain('Your second factor is on.');
    expect((await visitor.send('/logout', {})).title).toBe('Sign in');

    const again = await arrive('alice@example.com');
    expect(again.shown?.title).toBe('Enter your code');
    expect((await again.send('/code', { code })).error).toBe(
      'This code was used already. Wait for the next one, up to 30 seconds.',
    );
    expect((await again.send('/code', { code: '12345' })).error).toBe('A code has 6 digits.');
    const spaced = device.code(Date.now() + 30_000).replace(/^(...)/, '$1 ');
    expect((await again.send('/code', { code: spaced })).text).toContain('You are signed in as alice@example.com.');
  });

  test('a lost phone: a recovery code works once, and a new phone replaces the old one', async () => {
    const bob = await arrive('bob@example.com');
    const { device: old, codes } = await setUp(bob);
    const [code = ''] = codes;

    const visitor = await arrive('bob@example.com');
    await visitor.open('/recovery');
    const wrong = await visitor.send('/recovery', { code: '0000-0000-0000-0000' });
    expect(wrong.error).toBe('That is not one of your recovery codes. You have 4 tries left.');
    expect((await visitor.send('/recovery', { code: 'short' })).error).toBe('A recovery code has 16 letters and digits.');
    const typed = code.toLowerCase().replaceAll('-', ' ');
    const entered = await visitor.send('/recovery', { code: typed });
    expect(entered).toMatchObject({
      title: 'Signed in by a recovery code',
      text: expect.stringContaining('You have 9 recovery codes left.'),
    });

    const { codes: renewed } = await setUp(visitor);
    const last = await arrive('bob@example.com');
    // The old phone, the used recovery code and the other codes of the old set no longer work.
    expect((await last.send('/code', { code: old.code(Date.now() + 30_000) })).error).toContain('That code did not work.');
    await last.open('/recovery');
    for (const former of codes.slice(0, 2))
      expect((await last.send('/recovery', { code: former })).title).toBe('Use a recovery code');
    expect((await last.send('/recovery', { code: renewed[0] ?? '' })).title).toBe('Signed in by a recovery code');
  });

  test('wrong codes lock the code, and not the recovery code', async () => {
    await using own = await installed.start(server.address, await server.createKey({ scopes: ['generate', 'verify'] }));
    const visitor = new Visitor(own.url);
    await visitor.open('/');
    await visitor.send('/login', { name: 'alice@example.com', password: PASSWORD });
    const { device, codes } = await setUp(visitor);
    await visitor.open('/');
    await visitor.send('/logout', {});
    await visitor.send('/login', { name: 'alice@example.com', password: PASSWORD });
    const errors: (string | undefined)[] = [];
    for (let n = 0; n < 6; n += 1) errors.push((await visitor.send('/code', { code: wrongFor(device) })).error);
    const mismatch = 'That code did not work.';
    const last = 'left. Is the time on your phone set automatically?';
    expect(errors).toEqual([
      `${mismatch} Enter the newest code from your app.`,
      `${mismatch} Enter the newest code from your app.`,
      `${mismatch} You have 2 tries ${last}`,
      `${mismatch} You have 1 try ${last}`,
      'Too many wrong codes. Wait at least 1 minute, or use a recovery code.',
      'Too many wrong codes. Try again in 1 minute, or use a recovery code.',
    ]);
    const right = await visitor.send('/code', { code: device.code(Date.now() + 30_000) });
    expect(right.error).toContain('Too many wrong codes.');
    await visitor.open('/recovery');
    expect((await visitor.send('/recovery', { code: codes[0] ?? '' })).title).toBe('Signed in by a recovery code');
  });

  test('a password alone opens nothing but the page for the code', async () => {
    await using own = await installed.start(server.address, await server.createKey({ scopes: ['generate', 'verify'] }));
    const visitor = new Visitor(own.url);
    await visitor.open('/');
    const before = visitor.cookie;
    await visitor.send('/login', { name: 'bob@example.com', password: PASSWORD });
    expect(visitor.cookie).not.toBe(before);
    await setUp(visitor);
    const half = new Visitor(own.url);
    await half.open('/');
    await half.send('/login', { name: 'bob@example.com', password: PASSWORD });
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(half.shown?.text ?? '') ?? [];
    for (const path of ['/setup', '/confirm', '/recovery-codes'])
      expect((await half.post(path, { csrf, password: PASSWORD, code: '123456' })).title, path).toBe('Sign in');
    // Without the password, the app does not reveal whether the name has a second factor.
    const stranger = new Visitor(own.url);
    await stranger.open('/');
    for (const name of ['bob@example.com', 'nobody@example.com'])
      expect((await stranger.send('/login', { name, password: 'wrong' })).error).toBe('That name and password do not fit.');
    for (const path of ['/code', '/recovery']) expect((await stranger.open(path)).title).toBe('Sign in');
    // A session id from before the login does not work, and only the password allows a change of the second factor.
    visitor.cookie = before;
    expect((await visitor.open('/')).title).toBe('Sign in');
  });

  test('a form of another site is refused, and pages are neither cached nor framed', async () => {
    const visitor = await arrive('alice@example.com');
    const other = await arrive('alice@example.com');
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(other.shown?.text ?? '') ?? [];
    for (const fields of [{}, { csrf: '' }, { csrf }])
      expect((await visitor.post('/logout', fields as Record<string, string>)).status).toBe(403);
    const { headers } = await visitor.open('/code');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect((await visitor.open('/nowhere')).status).toBe(404);
    const { headers: fresh } = await new Visitor(app.url).open('/');
    expect(fresh.getSetCookie()[0]).toMatch(/^session=[\w-]{22,}; Path=\/; HttpOnly; SameSite=Lax$/);
    expect([...visitor.asked, ...other.asked].filter((path) => path.includes('?'))).toEqual([]);
  });

  test('without otpd nobody can sign in, and the code is kept for the next try', async () => {
    const away = await startServer();
    await using own = await installed.start(away.address, away.apiKey);
    const visitor = new Visitor(own.url);
    await visitor.open('/');
    await visitor.send('/login', { name: 'alice@example.com', password: PASSWORD });
    const { device } = await setUp(visitor);
    await visitor.open('/');
    await visitor.send('/logout', {});
    await visitor.send('/login', { name: 'alice@example.com', password: PASSWORD });
    await away.close();
    const code = device.code(Date.now() + 30_000);
    const { error, text } = await visitor.send('/code', { code });
    expect([error, text]).toEqual([UNAVAILABLE, expect.stringContaining(`value="${code}"`)]);
    await visitor.open('/recovery');
    expect((await visitor.send('/recovery', { code: '0000-0000-0000-0000' })).error).toBe(UNAVAILABLE);
    expect((await visitor.open('/')).title).toBe('Sign in');
    expect(own.log()).not.toContain(code);
  });
});

function uriIn(text: string): string {
  const [, uri = ''] = /href="(otpauth:[^"]+)"/.exec(text) ?? [];
  return uri.replaceAll('&amp;', '&').replaceAll('&#38;', '&');
}

function codesIn(text: string): string[] {
  return [...text.matchAll(/<li><code>([^<]+)<\/code><\/li>/g)].map(([, code = '']) => code);
}

/** Returns a code that is wrong for every step that the server may accept now. */
function wrongFor(device: Device): string {
  const right = new Set([-2, -1, 0, 1, 2].map((step) => device.code(Date.now() + step * 30_000)));
  for (let code = 0; ; code += 1) {
    const wrong = String(code).padStart(6, '0');
    if (!right.has(wrong)) return wrong;
  }
}
