/** The client for browsers and edge runtimes, over the HTTP door of a real server; and its bundle, which uses nothing of Node. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, enumName, type OtpClient, OtpError, secretKey, VerifyStatusSchema } from '../../clients/typescript/src/web.ts';
import { freePort } from '../support/free-port.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let client: OtpClient;
beforeAll(async () => {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
  client = connect(server.httpUrl, server.apiKey);
});
afterAll(async () => {
  client?.close();
  await server?.close();
});

test('a key is enrolled, and its code accepted once', async () => {
  const headers: Record<string, string>[] = [];
  const { secret, token } = await client.generate(
    { issuer: 'ACME', accountName: 'alice' },
    { onHeaders: (got) => headers.push(got) },
  );
  const request = { key: secretKey(secret), code: token?.code ?? '' };
  const statuses = [await client.verify(request), await client.verify(request)].map(({ status }) => status);
  expect(statuses.map((status) => enumName(VerifyStatusSchema, status))).toEqual([
    'VERIFY_STATUS_ACCEPTED',
    'VERIFY_STATUS_REPLAYED',
  ]);
  expect(headers[0]?.['x-request-id']).toMatch(/^[\da-f-]{36}$/);
});

test('an error has its reason, its fields and its request id', async () => {
  const error = await client.token({ key: secretKey('!') }).catch((caught) => caught);
  expect(error).toBeInstanceOf(OtpError);
  expect(error).toMatchObject({
    code: 'INVALID_ARGUMENT',
    reason: 'ERROR_REASON_INVALID_FIELDS',
    fieldViolations: [{ field: 'key.secret' }],
    requestId: expect.stringMatching(/^[\da-f-]{36}$/),
  });
  const stranger = connect(server.httpUrl, 'otpd_none');
  await expect(stranger.token({})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(stranger.watchToken({}).next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a stream yields codes until its loop is left', async () => {
  for await (const { token } of client.watchToken({ key: secretKey('JBSWY3DPEHPK3PXP') })) {
    expect(token?.code).toMatch(/^\d{6}$/);
    break;
  }
  // The log line of a stream is written at its end.
  await expect.poll(() => server.log.join('')).toContain('/WatchToken');
});

test('batching has one call for many', async () => {
  const batching = connect(server.httpUrl, server.apiKey, { batching: true });
  const answers = await Promise.all(Array.from({ length: 20 }, () => batching.token({ key: secretKey('JBSWY3DPEHPK3PXP') })));
  expect(new Set(answers.map(({ token }) => token?.code)).size).toBeLessThanOrEqual(2);
  expect(server.log.join('')).toContain('/BatchToken');
});

test('an unreachable server is UNAVAILABLE, a signal CANCELLED with its reason, and so is the end of the client', async () => {
  const away = connect(`http://127.0.0.1:${await freePort()}`, 'key', { deadlineMs: 3000 });
  await expect(away.token({})).rejects.toMatchObject({ name: 'OtpError', code: 'UNAVAILABLE' });
  await expect(client.token({}, { signal: AbortSignal.abort('tired') })).rejects.toMatchObject({
    code: 'CANCELLED',
    cause: 'tired',
  });
  away.close();
  await expect(away.token({})).rejects.toMatchObject({ code: 'CANCELLED' });
});

test.each(['', 'otp.example.com:443', 'ftp://a', 'https://u:p@a', 'https://a?x'])('the URL %j is refused by name', (baseUrl) => {
  expect(() => connect(baseUrl, 'key')).toThrow(/^baseUrl must be/);
});

test('its bundle for a browser needs nothing of Node', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-bundle-'));
  const entry = join(folder, 'main.ts');
  const source = join(import.meta.dirname, '../../clients/typescript/src/web.ts');
  writeFileSync(entry, `import { connect } from ${JSON.stringify(source)};\nglobalThis.connect = connect;\n`);
  try {
    const output = await build({
      root: folder,
      logLevel: 'silent',
      configFile: false,
      build: { write: false, lib: { entry, formats: ['es'] }, minify: true },
    });
    const { output: files } = [output].flat()[0] as { output: { imports?: string[]; code?: string }[] };
    expect(files.flatMap(({ imports = [] }) => imports)).toEqual([]);
    const code = files.map((file) => file.code ?? '').join('');
    expect(code).not.toMatch(/["']node:|__vite-browser-external|grpc-js/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
