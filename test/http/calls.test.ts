/** Calls by the clients of Connect and gRPC-Web: every RPC, every error with its details, and the metadata of a call. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ErrorReason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { OtpType, SecretDelivery } from '../../gen/ts/otp/v1/key_pb.ts';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { parseApiKey, revokeApiKey } from '../../src/auth/api-key.ts';
import { hotpCode } from '../../src/otp/hotp.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { deviceOf } from '../support/enrolment.ts';
import { frame } from '../support/raw.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { clientOf, failureOf, WAYS } from './clients.ts';
import { http1, http2, openHttp2, RawConnection, send } from './raw.ts';

const SECRET = 'JBSWY3DPEHPK3PXP';
const key = { source: { case: 'secret', value: SECRET } } as const;

const folder = mkdtempSync(join(tmpdir(), 'otpd-http-'));
let server: TestServer;
let port: number;
let trail: () => Record<string, unknown>[];
const calls = (requestId: string) =>
  server.log.map((line) => JSON.parse(line)).filter((line) => line.msg === 'call' && line.requestId === requestId);

beforeAll(async () => {
  const auditLog = join(folder, 'audit.log');
  server = await startServer({ flags: { httpListen: '127.0.0.1:0', auditLog, trustedProxies: '127.0.0.2' } });
  port = Number(new URL(server.httpUrl).port);
  trail = () =>
    readFileSync(auditLog, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe.each(Object.entries(WAYS))('%s', (way, transport) => {
  const client = () => clientOf(transport(server.httpUrl));
  const headers = (id: string) => ({ 'x-api-key': server.apiKey, 'x-request-id': id });
  const id = (what: string) => `${way.replaceAll(/[^\w.]/g, '-')}-${what}`;
  const name = way.startsWith('Connect') ? 'connect' : 'grpc_web';

  test('Generate, Token and Verify answer, and a code is accepted once', async () => {
    const options = { headers: headers(id('round')) };
    const { secret } = await client().generate({ issuer: 'Example', accountName: 'alice' }, options);
    const own = { source: { case: 'secret', value: secret } } as const;
    const { token } = await client().token({ key: own }, options);
    const verify = () => client().verify({ key: own, code: token?.code ?? '' }, options);
    expect([(await verify()).status, (await verify()).status]).toEqual([VerifyStatus.ACCEPTED, VerifyStatus.REPLAYED]);
    expect(calls(id('round')).map(({ transport: by, method, code }) => [by, method, code])).toEqual(
      ['Generate', 'Token', 'Verify', 'Verify'].map((method) => [name, `/otp.v1.OtpService/${method}`, 'OK']),
    );
    const events = trail().filter(({ requestId }) => requestId === id('round'));
    expect(events.map(({ event, transport: by }) => [event, by])).toEqual([
      ['verify.accepted', name],
      ['verify.replayed', name],
    ]);
  });

  test('GetUsage returns the windows of the plan, and needs no scope', async () => {
    const apiKey = await server.createKey({ plan: 'free', scopes: ['verify'] });
    const options = { headers: { 'x-api-key': apiKey, 'x-request-id': id('usage') } };
    const { plan, windows } = await client().getUsage({}, options);
    expect(plan).toBe('free');
    expect(windows.map(({ window, limit, used }) => [window, limit, used])).toEqual([
      ['minute', 5n, 1n],
      ['hour', 100n, 1n],
    ]);
    expect(windows.every(({ resetTime }) => Number(resetTime?.seconds) * 1000 > Date.now())).toBe(true);
  });

  test('BatchToken and BatchVerify have an outcome for each item', async () => {
    const { secret } = await client().generate({ accountName: 'alice' }, { headers: headers(id('new')) });
    const own = { source: { case: 'secret', value: secret } } as const;
    const options = { headers: headers(id('batch')) };
    const [told] = (await client().batchToken({ requests: [{ key: own }, {}] }, options)).results;
    const code = told?.result.case === 'response' ? (told.result.value.token?.code ?? '') : '';
    const { results } = await client().batchVerify(
      {
        requests: [
          { key: own, code },
          { key: own, code: '' },
          { key: own, code },
        ],
      },
      options,
    );
    const outcomes = results.map(({ result }) =>
      result.case === 'response' ? result.value.status : result.value?.violations.map(({ field }) => field),
    );
    expect(outcomes).toEqual([VerifyStatus.ACCEPTED, ['code'], VerifyStatus.REPLAYED]);
    const failure = await failureOf(client().batchVerify({}, options));
    expect(failure).toMatchObject({ code: 'InvalidArgument', badRequest: { fieldViolations: [{ field: 'requests' }] } });
    expect(calls(id('batch')).map(({ code: ended }) => ended)).toEqual(['OK', 'OK', 'INVALID_ARGUMENT']);
  });

  test('recovery codes are made, accepted once, and revoked', async () => {
    const options = { headers: headers(id('recovery')) };
    const { codes, set } = await client().generateRecoveryCodes({ sealedContext: Buffer.from('user-1') }, options);
    const own = { blob: set?.blob ?? '', context: Buffer.from('user-1') };
    const verify = (code = '') => client().verifyRecoveryCode({ set: own, code }, options);
    const first = await verify(codes[0]);
    expect(first).toMatchObject({ status: VerifyStatus.ACCEPTED, remainingCount: 9, attemptsRemaining: 5 });
    expect((await verify(codes[0])).status).toBe(VerifyStatus.REPLAYED);
    await client().revokeRecoveryCodes({ set: own }, options);
    expect(await verify(codes[1])).toMatchObject({ status: VerifyStatus.REPLAYED, remainingCount: 0 });
    const events = trail().filter(({ requestId }) => requestId === id('recovery'));
    expect(events.map(({ event, transport: by }) => [event, by])).toEqual(
      ['generated', 'accepted', 'replayed', 'revoked', 'replayed'].map((event) => [`recovery.${event}`, name]),
    );
  });

  test('a set that cannot be opened is refused by its field', async () => {
    const { codes, set } = await client().generateRecoveryCodes({}, { headers: headers(id('bound')) });
    const other = { blob: set?.blob ?? '', context: Buffer.from('user-2') };
    const call = client().verifyRecoveryCode({ set: other, code: codes[0] ?? '' }, { headers: headers(id('bound')) });
    expect(await failureOf(call)).toMatchObject({
      code: 'InvalidArgument',
      errorInfo: { reason: 'ERROR_REASON_SEALED_KEY_INVALID', metadata: { field: 'set' } },
    });
  });

  test('an enrolment by Generate and Verify, Seal and Rewrap work, and a sealed key returns its codes', async () => {
    const options = { headers: headers(id('sealed')) };
    const sealedContext = Buffer.from('user-1');
    const asked = { issuer: 'Example', accountName: 'alice', delivery: SecretDelivery.SEALED, sealedContext };
    const { sealed, uri, secret } = await client().generate(asked, options);
    expect(secret).toBe('');
    const keyOf = (blob = '') => ({ source: { case: 'sealed', value: { blob, context: sealedContext } } }) as const;
    const code = deviceOf(uri).code(Date.now());
    const pending = await failureOf(client().verify({ key: keyOf(sealed?.blob), code }, options));
    expect(pending).toMatchObject({
      code: 'FailedPrecondition',
      errorInfo: { reason: 'ERROR_REASON_ENROLMENT_PENDING', metadata: { field: 'key.sealed' } },
    });
    const { status, resealed } = await client().verify({ key: keyOf(sealed?.blob), code, confirm: true }, options);
    expect(status).toBe(VerifyStatus.ACCEPTED);
    const item = { case: 'key', value: { blob: resealed?.blob ?? '', context: sealedContext } } as const;
    const { results } = await client().rewrap({ items: [{ item }, { item: { case: 'set', value: { blob: 'x' } } }] }, options);
    expect(results).toMatchObject([
      { result: { case: 'key' } },
      { result: { case: 'error', value: { code: 3, reason: ErrorReason.SEALED_KEY_INVALID } } },
    ]);
    const [again] = results;
    const blob = again?.result.case === 'key' ? again.result.value.blob : '';
    const moved = await client().seal({ items: [{ key: keyOf(blob) }] }, options);
    expect(moved.results).toMatchObject([{ result: { case: 'sealed' }, parameters: { issuer: 'Example', digits: 6 } }]);
    const { token } = await client().token({ key: keyOf(blob) }, options);
    expect(token?.code).toBe(deviceOf(uri).code(Number(token?.serverTime?.seconds) * 1000));
    expect(calls(id('sealed')).map(({ method }) => String(method).split('/').at(-1))).toEqual([
      'Generate',
      'Verify',
      'Verify',
      'Rewrap',
      'Seal',
      'Token',
    ]);
  });

  test('Verify finds the key of a code among several, and ResyncHotp a counter by codes in a row', async () => {
    const options = { headers: headers(id('devices')) };
    const bytes = Buffer.from(`${way} of the test`);
    const hotp = (counter: bigint) =>
      ({ source: { case: 'secret', value: formatSecret(bytes) }, type: OtpType.HOTP, counter }) as const;
    const codes = [700, 701, 702].map((counter) => hotpCode(bytes, counter, { algorithm: 'SHA1', digits: 6 }));
    const found = await client().resyncHotp({ key: hotp(0n), codes: codes.slice(0, 2) }, options);
    expect(found).toMatchObject({ status: VerifyStatus.ACCEPTED, matchedStep: 701n, nextCounter: 702n });
    const [, , third = ''] = codes;
    const verify = () => client().verify({ key, alternatives: [hotp(702n)], code: third }, options);
    expect(await verify()).toMatchObject({ status: VerifyStatus.ACCEPTED, matchedKey: 1, nextCounter: 703n });
    const again = await verify();
    expect(again).toMatchObject({ status: VerifyStatus.REPLAYED, matchedKey: 1 });
    expect(Math.abs(Number(again.serverTime?.seconds) * 1000 - Date.now())).toBeLessThan(60_000);
    const totp = await failureOf(client().resyncHotp({ key, codes: ['000000', '111111'] }, options));
    expect(totp).toMatchObject({ code: 'InvalidArgument', errorInfo: { reason: 'ERROR_REASON_INVALID_FIELDS' } });
  });

  test('ImportKeys and ExportKeys answer, key by key, and the export is audited', async () => {
    const options = { headers: headers(id('moved')) };
    const uri = `otpauth://totp/Example:alice?secret=${SECRET}&issuer=Example&algorithm=SHA1&digits=6&period=30`;
    const { results } = await client().importKeys({ uris: [uri, 'nonsense'] }, options);
    expect(results.map((one) => [one.uri, one.error?.violations[0]?.field])).toEqual([
      [uri, undefined],
      ['', 'uri'],
    ]);
    const items = [{ key: { source: { case: 'uri', value: uri } as const } }, {}];
    const exported = await client().exportKeys({ items }, options);
    expect(exported.uris).toEqual([uri]);
    expect(exported.results.map(({ result }) => result.case)).toEqual(['uriIndex', 'error']);
    const events = trail().filter(({ requestId }) => requestId === id('moved'));
    expect(events.map(({ event, transport: by }) => [event, by])).toEqual([['secret.exported', name]]);
  });

  test('WatchToken answers until the caller leaves', async () => {
    const leaving = new AbortController();
    const codes: string[] = [];
    const options = { headers: headers(id('watch')), signal: leaving.signal };
    const watching = (async () => {
      for await (const { token } of client().watchToken({ key: { ...key, periodSeconds: 1 } }, options)) {
        codes.push(token?.code ?? '');
        if (codes.length === 2) leaving.abort();
      }
    })();
    expect((await failureOf(watching)).code).toBe('Canceled');
    expect(new Set(codes).size).toBe(2);
    await expect.poll(() => calls(id('watch')).map(({ code }) => code)).toEqual(['CANCELLED']);
  });

  test('headers contain the request id and the limits', async () => {
    const apiKey = await server.createKey({ plan: 'ultra' });
    let received = new Headers();
    const options = {
      headers: { 'x-api-key': apiKey, 'x-request-id': id('limits') },
      onHeader: (given: Headers) => (received = given),
    };
    await client().token({ key }, options);
    expect(Object.fromEntries(received)).toMatchObject({
      'x-request-id': id('limits'),
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '99',
      'x-ratelimit-reset': expect.stringMatching(/^\d+$/),
    });
  });

  test('bad fields have their details', async () => {
    const failure = await failureOf(client().token({ key: { ...key, digits: 9 } }, { headers: headers(id('bad')) }));
    expect(failure).toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(/^the request has invalid fields: key\.digits: /),
      errorInfo: { reason: 'ERROR_REASON_INVALID_FIELDS', domain: 'otp.v1' },
      requestInfo: { requestId: id('bad') },
      badRequest: { fieldViolations: [{ field: 'key.digits' }] },
    });
    expect(failure.metadata.get('x-request-id')).toBe(id('bad'));
  });

  test('bad fields of a stream have their details', async () => {
    const watching = (async () => {
      for await (const _ of client().watchToken({}, { headers: headers(id('bad-stream')) }));
    })();
    expect(await failureOf(watching)).toMatchObject({
      code: 'InvalidArgument',
      errorInfo: { reason: 'ERROR_REASON_INVALID_FIELDS' },
      badRequest: { fieldViolations: [{ field: 'key' }] },
    });
    expect(calls(id('bad-stream'))).toMatchObject([{ code: 'INVALID_ARGUMENT', reason: 'ERROR_REASON_INVALID_FIELDS' }]);
  });

  test.each(['token', 'watchToken'] as const)('%s without a key is refused', async (method) => {
    const options = { headers: { 'x-request-id': id('stranger') } };
    const call = async (): Promise<void> => {
      if (method === 'token') await client().token({ key }, options);
      else for await (const _ of client().watchToken({ key }, options));
    };
    expect(await failureOf(call())).toMatchObject({
      code: 'Unauthenticated',
      errorInfo: { reason: 'ERROR_REASON_API_KEY_MISSING' },
      requestInfo: { requestId: id('stranger') },
    });
  });

  test('a key without the scope is refused, and a key whose limit is reached learns when to retry', async () => {
    const apiKey = await server.createKey({ plan: 'free', scopes: ['generate'] });
    const call = () => client().token({ key }, { headers: { 'x-api-key': apiKey } });
    const failures = [];
    for (let n = 0; n < 6; n += 1) failures.push(await failureOf(call()));
    expect(failures[0]).toMatchObject({ code: 'PermissionDenied', errorInfo: { reason: 'ERROR_REASON_SCOPE_MISSING' } });
    expect(failures[5]).toMatchObject({
      code: 'ResourceExhausted',
      errorInfo: { reason: 'ERROR_REASON_RATE_LIMITED', metadata: { plan: 'free', window: 'minute' } },
      quotaFailure: { violations: [{ quotaId: 'minute' }] },
      retryInfo: { retryDelay: { seconds: expect.anything() } },
    });
    expect(Number(failures[5]?.metadata.get('retry-after'))).toBeGreaterThan(0);
    expect(failures[5]?.metadata.get('x-ratelimit-remaining')).toBe('0');
  });

  test('a key that is revoked ends its stream', async () => {
    const apiKey = await server.createKey();
    const watching = (async () => {
      for await (const _ of client().watchToken({ key }, { headers: { 'x-api-key': apiKey } })) {
        await server.app.store.keys.update(parseApiKey(apiKey)?.id ?? '', (record) => revokeApiKey(record, Date.now()));
      }
    })();
    expect(await failureOf(watching)).toMatchObject({
      code: 'Unauthenticated',
      errorInfo: { reason: 'ERROR_REASON_API_KEY_INVALID' },
    });
  });
});

test.each([
  ['connect-timeout-ms', '300', 'application/connect+json', '"code":"deadline_exceeded"'],
  ['grpc-timeout', '300m', 'application/grpc-web+json', 'grpc-status: 4'],
])('a stream ends at the deadline of its caller, by %s', async (name, value, type, said) => {
  const session = openHttp2(port);
  const headers = {
    ':method': 'POST',
    ':path': '/otp.v1.OtpService/WatchToken',
    'content-type': type,
    'x-api-key': server.apiKey,
  };
  const message = JSON.stringify({ key: { secret: SECRET, periodSeconds: 86_400 } });
  const startedAt = performance.now();
  const { status, body } = await http2(session, { ...headers, [name]: value }, frame(Buffer.from(message)));
  expect([status, body]).toEqual([200, expect.stringContaining(said)]);
  expect(body).toContain('"token"');
  expect(performance.now() - startedAt).toBeGreaterThan(250);
  session.destroy();
});

test('the caller behind a trusted proxy is named in the log, and anybody else is not believed', async () => {
  const call = (id: string, localAddress: string) =>
    new Promise<void>((resolve) => {
      const connection = new RawConnection(port, localAddress);
      const given = { 'content-type': 'application/json', 'x-api-key': server.apiKey, 'x-request-id': id };
      connection.write(http1('POST /otp.v1.OtpService/Token HTTP/1.1', { ...given, 'x-forwarded-for': '203.0.113.9' }, '{}'));
      void connection.answer().then(() => {
        connection.socket.destroy();
        resolve();
      });
    });
  await call('by-proxy', '127.0.0.2');
  await call('directly', '127.0.0.3');
  expect(calls('by-proxy')).toMatchObject([{ peer: '203.0.113.9' }]);
  expect(calls('directly')).toMatchObject([{ peer: expect.stringMatching(/^127\.0\.0\.3:\d+$/) }]);
});

test('a missing body ends with the deadline, and the caller gets an error', async () => {
  const given = { 'content-type': 'application/json', 'x-api-key': server.apiKey, 'connect-timeout-ms': '200' };
  const session = openHttp2(port);
  const [slow, open] = await Promise.all([
    send(port, http1('POST /otp.v1.OtpService/Token HTTP/1.1', { ...given, 'content-length': '100' }, '{"key":')),
    http2(session, { ':method': 'POST', ':path': '/otp.v1.OtpService/Token', ...given }, undefined),
  ]);
  for (const { status, body, tookMs } of [slow, open]) {
    expect([status, JSON.parse(body).code]).toEqual([504, 'deadline_exceeded']);
    expect(tookMs).toBeLessThan(3000);
  }
  session.destroy();
});

test('a caller who leaves while its call waits is logged as such, and its answer goes nowhere', async () => {
  const connection = new RawConnection(port);
  const given = { 'content-type': 'application/json', 'x-api-key': server.apiKey };
  connection.write(
    http1('POST /otp.v1.OtpService/Token HTTP/1.1', { ...given, 'x-request-id': 'left', 'content-length': '100' }, '{'),
  );
  // It was sent before other calls that are answered, so it is in progress.
  for (let other = 0; other < 2; other += 1) await send(port, http1('POST /otp.v1.OtpService/Token HTTP/1.1', given, '{}'));
  connection.socket.destroy();
  await expect.poll(() => calls('left').map(({ code }) => code)).toEqual(['CANCELLED']);
});

test('bodies that are compressed are read, up to 64 KiB of what is in them', async () => {
  const { gzipSync, brotliCompressSync } = await import('node:zlib');
  const ask = (body: Buffer, encoding: string) => {
    const given = { 'content-type': 'application/json', 'x-api-key': server.apiKey, 'content-encoding': encoding };
    return send(port, http1('POST /otp.v1.OtpService/Token HTTP/1.1', given, body));
  };
  const good = JSON.stringify({ key: { secret: SECRET } });
  expect((await ask(gzipSync(good), 'gzip')).status).toBe(200);
  expect((await ask(brotliCompressSync(good), 'br')).status).toBe(200);
  const bomb = await ask(gzipSync(`${good}${' '.repeat(10_000_000)}`), 'gzip');
  expect([bomb.status, JSON.parse(bomb.body)]).toEqual([
    429,
    expect.objectContaining({ message: expect.stringContaining('64 KiB') }),
  ]);
});

test('a content type may be in capitals and have a charset, for gRPC-Web too', async () => {
  const session = openHttp2(port);
  const headers = { ':method': 'POST', ':path': '/otp.v1.OtpService/Token', 'x-api-key': server.apiKey };
  const type = 'Application/gRPC-Web+JSON; charset="UTF-8"';
  const message = frame(Buffer.from(JSON.stringify({ key: { secret: SECRET } })));
  const { status, body } = await http2(session, { ...headers, 'content-type': type }, message);
  expect([status, body]).toEqual([200, expect.stringContaining('grpc-status: 0')]);
  session.destroy();
});

test('more than 8 KiB of headers over HTTP/2 are refused', async () => {
  const session = openHttp2(port);
  const headers = { ':method': 'POST', ':path': '/otp.v1.OtpService/Token', 'x-api-key': server.apiKey };
  const { status, body } = await http2(
    session,
    { ...headers, 'content-type': 'application/json', 'x-a': 'b'.repeat(9000) },
    '{}',
  );
  expect([status, JSON.parse(body)]).toEqual([429, expect.objectContaining({ message: expect.stringContaining('8 KiB') })]);
  session.destroy();
});

test('no answer of an API may be kept by a cache', async () => {
  const given = { 'content-type': 'application/json', 'x-api-key': server.apiKey };
  const { headers } = await send(port, http1('POST /otp.v1.OtpService/Token HTTP/1.1', given, '{}'));
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
});
