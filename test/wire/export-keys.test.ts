/** ExportKeys on a real server: secrets, URIs and sealed keys as URIs for other programs, and keys that these cannot express. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ErrorReason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { OtpType, SecretDelivery } from '../../gen/ts/otp/v1/key_pb.ts';
import { ExportFormat, type ExportKeysResponse } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { readMigration } from '../../src/otp/migration.ts';
import { methods } from '../support/client.ts';
import { expectError } from '../support/expect-error.ts';
import { wireForAll } from '../support/wire.ts';

const wire = wireForAll();

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const URI = `otpauth://totp/ACME:alice?secret=${SECRET}&issuer=ACME`;
const WHOLE = `${URI}&algorithm=SHA1&digits=6&period=30`;
const CONTEXT = Buffer.from('user-1/totp/1');

const uri = (value: string) => ({ key: { source: { case: 'uri' as const, value } } });
const secret = (value: string, rest: object = {}) => ({ key: { source: { case: 'secret' as const, value }, ...rest } });
const sealed = (blob: string) => ({ key: { source: { case: 'sealed' as const, value: { blob, context: CONTEXT } } } });

async function exportKeys(
  items: readonly object[],
  format: ExportFormat = ExportFormat.UNSPECIFIED,
): Promise<ExportKeysResponse> {
  const { code, response, message } = await wire.client.call(methods.exportKeys, { items: [...items], format });
  if (response === undefined) throw new Error(`${code}: ${message}`);
  return response;
}

/** Returns the index of each item, or its invalid fields. */
function outcomes({ results }: ExportKeysResponse): unknown[] {
  return results.map(({ result }) => {
    if (result.case === 'uriIndex') return result.value;
    if (result.case !== 'error') throw new Error('a result is never empty');
    return result.value.violations.map(({ field }) => field).join() || result.value.reason;
  });
}

async function sealedBlob(from = URI): Promise<string> {
  const request = { uris: [from], delivery: SecretDelivery.SEALED, sealedContext: CONTEXT };
  const { response } = await wire.client.call(methods.importKeys, request);
  return response?.results[0]?.sealed?.blob ?? '';
}

describe('a request that is refused as a whole', () => {
  test.each<[string, object, string]>([
    ['no item', { items: [] }, 'items: required'],
    ['101 items', { items: Array(101).fill(uri(URI)) }, 'items: too many'],
    ['an unknown format', { items: [uri(URI)], format: 7 }, 'format: unknown value'],
  ])('has %s', async (_, request, violation) => {
    const answer = await wire.client.call(methods.exportKeys, request);
    expectError(answer, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
    expect(answer.details.violations).toEqual([expect.stringContaining(violation)]);
  });

  test('is refused without the scope, for a plain secret too', async () => {
    const apiKey = await wire.server.createKey({ scopes: ['generate', 'token', 'verify', 'seal'] });
    const answer = await wire.client.call(methods.exportKeys, { items: [uri(URI)] }, { apiKey });
    expectError(answer, 'PERMISSION_DENIED', 'SCOPE_MISSING');
  });
});

describe('a key that is not exported', () => {
  test('is named with the reason, and keeps no other from it', async () => {
    const blob = await sealedBlob();
    const other = { key: { source: { case: 'sealed' as const, value: { blob, context: Buffer.from('user-2') } } } };
    const answer = await exportKeys([
      {},
      uri('nonsense'),
      secret(SECRET),
      { ...secret(SECRET), accountName: 'a:b' },
      uri(`otpauth://totp/?secret=${SECRET}`),
      other,
      { ...secret(SECRET, { type: OtpType.HOTP }), accountName: 'bob' },
      uri(URI),
    ]);
    expect(outcomes(answer)).toEqual([
      'key',
      'key.uri',
      'account_name',
      'account_name',
      'account_name',
      ErrorReason.SEALED_KEY_INVALID,
      'key.counter',
      0,
    ]);
    expect(answer.uris).toEqual([WHOLE]);
  });

  test('is pending: it belongs to no user yet', async () => {
    const request = { accountName: 'alice', delivery: SecretDelivery.SEALED, sealedContext: CONTEXT };
    const { response } = await wire.client.call(methods.generate, request);
    expect(outcomes(await exportKeys([sealed(response?.sealed?.blob ?? '')]))).toEqual([ErrorReason.ENROLMENT_PENDING]);
  });

  test('is one that a migration cannot hold', async () => {
    const answer = await exportKeys(
      [uri(`${URI}&digits=7`), uri(`${URI}&period=60`), uri(`${URI}&digits=7&period=60`), uri(`${URI}&digits=8`)],
      ExportFormat.MIGRATION,
    );
    expect(outcomes(answer)).toEqual(['key.digits', 'key.period_seconds', 'key.period_seconds,key.digits', 0]);
    expect(readMigration(answer.uris[0] ?? '').entries).toHaveLength(1);
  });
});

test('names are those of the item, else of the URI or the sealed key', async () => {
  const blob = await sealedBlob();
  const { uris } = await exportKeys([
    uri(URI),
    { ...uri(URI), issuer: 'Other', accountName: 'bob' },
    sealed(blob),
    { ...sealed(blob), accountName: 'carol' },
    { ...secret(SECRET), accountName: 'dave' },
  ]);
  expect(uris).toEqual([
    WHOLE,
    WHOLE.replace('ACME:alice', 'Other:bob').replace('issuer=ACME', 'issuer=Other'),
    WHOLE,
    WHOLE.replace('alice', 'carol'),
    WHOLE.replace('ACME:alice', 'dave').replace('&issuer=ACME', ''),
  ]);
});

test('the counter of a HOTP is that of the request, else that of the key', async () => {
  const hotp = `otpauth://hotp/Bank:bob?secret=${SECRET}&counter=57`;
  const blob = await sealedBlob(hotp);
  const { uris } = await exportKeys([uri(hotp), sealed(blob), { key: { ...sealed(blob).key, counter: 99n } }]);
  expect(uris.map((one) => /counter=(\d+)/.exec(one)?.[1])).toEqual(['57', '57', '99']);
});

test('a migration has as many URIs as it takes, and says where each key is', async () => {
  const items = Array.from({ length: 23 }, (_, i) =>
    i === 4 ? uri(`${URI}&period=15`) : { ...uri(URI), accountName: `user${i}` },
  );
  const answer = await exportKeys(items, ExportFormat.MIGRATION);
  expect(outcomes(answer)).toEqual(items.map((_, i) => (i === 4 ? 'key.period_seconds' : Math.floor((i < 4 ? i : i - 1) / 10))));
  const parts = answer.uris.map(readMigration);
  expect(parts.map(({ index, size }) => [index, size])).toEqual([
    [0, 3],
    [1, 3],
    [2, 3],
  ]);
  expect(new Set(parts.map(({ batchId }) => batchId)).size).toBe(1);
  // And back again.
  const { response } = await wire.client.call(methods.importKeys, { uris: [...answer.uris] });
  expect(response?.results.map(({ parameters }) => parameters?.accountName)).toEqual(
    items.flatMap((_, i) => (i === 4 ? [] : [`user${i}`])),
  );
});

test('each exported key is audited by its fingerprint, under the request id, and no secret is logged', async () => {
  const auditLog = join(wire.server.dataDir, 'audit.log');
  await wire.restart({ flags: { auditLog }, env: {} });
  const { headers } = await wire.client.call(methods.exportKeys, {
    items: [uri(URI), uri('nonsense'), { ...secret(SECRET), accountName: 'x' }],
  });
  await expect.poll(() => existsSync(auditLog) && readFileSync(auditLog, 'utf8').split('\n').length > 2).toBe(true);
  const text = readFileSync(auditLog, 'utf8');
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const fingerprint = expect.stringMatching(/^[\w-]{22}$/);
  expect(events).toEqual(
    [0, 1].map(() => expect.objectContaining({ event: 'secret.exported', fingerprint, requestId: headers['x-request-id'] })),
  );
  expect(events[0].fingerprint).toBe(events[1].fingerprint);
  for (const told of [text, wire.server.log.join('\n')]) {
    expect(told).not.toContain(SECRET);
    expect(told).not.toContain('12345678901234567890');
  }
});

test('each item costs a call, and a failed item is refunded', async () => {
  const apiKey = await wire.server.createKey({ plan: 'pro' });
  const left: number[] = [];
  for (let i = 0; i < 2; i++) {
    const { headers } = await wire.client.call(methods.exportKeys, { items: Array(5).fill(uri(URI)) }, { apiKey });
    left.push(Number(headers['x-ratelimit-remaining']));
  }
  expect((left[0] ?? 0) - (left[1] ?? 0)).toBe(5);
});
