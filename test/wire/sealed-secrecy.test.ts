/** The secret of a sealed key is in no answer to a request that contains the key, in no log line, audit line, error or file of the server. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DescMethod, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SecretDelivery } from '../../gen/ts/otp/v1/key_pb.ts';
import { formatSecret, groupSecret } from '../../src/otp/secret.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { type Device, deviceOf, sealedKey } from '../support/enrolment.ts';
import { startServer, type TestServer } from '../support/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'otpd-secrecy-'));
const dataDir = join(folder, 'data');
const auditLog = join(folder, 'audit.log');

let server: TestServer;
let client: TestClient;
let device: Device;
/** All answers, except for the enrolment itself and the codes from Token. */
const answers: Buffer[] = [];

/** Returns the secret in every form in which it may be written. */
function forms(secret: Uint8Array): Buffer[] {
  const bytes = Buffer.from(secret);
  const base32 = formatSecret(secret);
  // In a longer base64 text, the bytes may begin at any place of a group.
  const aligned = [0, 1, 2].map((skip) => bytes.subarray(skip, skip + 15).toString('base64'));
  const texts = [base32, base32.toLowerCase(), groupSecret(base32), bytes.toString('hex'), ...aligned];
  const list = texts.concat(
    aligned.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    [[...bytes].join(',')],
  );
  return [bytes.subarray(0, 12), ...list.map((text) => Buffer.from(text))];
}

async function send<M extends DescMethod>(method: M, request: MessageInitShape<M['input']>, apiKey = server.apiKey) {
  const answer = await client.call(method, request, { apiKey });
  const { response, message, headers, trailers, details } = answer;
  const told = JSON.stringify({ message, headers, trailers, details }, (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  answers.push(Buffer.from(told));
  if (response !== undefined) answers.push(Buffer.from(toBinary(method.output, response)));
  return answer;
}

beforeAll(async () => {
  server = await startServer({ dataDir, flags: { auditLog, logLevel: 'trace' } });
  client = createTestClient(server.address, server.apiKey);
  const asked = { issuer: 'ACME', accountName: 'alice', delivery: SecretDelivery.SEALED, sealedContext: Buffer.from('u') };
  const { response } = await client.call(methods.generate, asked);
  device = deviceOf(response?.uri ?? '');
  const pending = response?.sealed?.blob ?? '';
  const now = Date.now();
  const code = device.code(now);
  const key = sealedKey(pending, 'u');
  const wrong = ['000000', '000001'].find((one) => one !== code) ?? '';

  for (const confirm of [false, true]) await send(methods.verify, { key, code: wrong, confirm });
  const confirmed = await send(methods.verify, { key, code, confirm: true });
  const blob = confirmed.response?.resealed?.blob ?? '';
  const stored = sealedKey(blob, 'u');
  for (const one of [code, wrong, '1', '']) await send(methods.verify, { key: stored, code: one });
  await send(methods.verify, { key: sealedKey(blob, 'other'), code });
  await send(methods.verify, { key: sealedKey(`${blob.slice(0, -2)}AA`, 'u'), code });
  await send(methods.verify, { key: sealedKey(blob, 'u', { digits: 8 }), code });
  await send(methods.token, { key: stored });
  await send(methods.token, { key: stored }, await server.createKey({ scopes: ['token'] }));
  await send(methods.token, { key: stored, pastSteps: 99 });
  await send(methods.seal, { items: [{ key: stored, sealedContext: Buffer.from('v') }, { key: sealedKey(pending, 'u') }] });
  await send(methods.rewrap, { items: [{ item: { case: 'key', value: { blob, context: Buffer.from('u') } } }] });
  await send(methods.seal, { items: [{ key: { source: { case: 'secret', value: formatSecret(device.secret) } } }] });
});
afterAll(async () => {
  client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

test('the forms are found where they are', () => {
  for (const form of forms(device.secret).slice(0, 4)) expect(form.length).toBeGreaterThan(10);
  const base64 = Buffer.from(`..${Buffer.from(device.secret).toString('latin1')}..`, 'latin1');
  expect(forms(device.secret).some((form) => base64.toString('base64').includes(form.toString().slice(0, 12)))).toBe(true);
  expect(base64.includes(forms(device.secret)[0] ?? '')).toBe(true);
});

describe('the secret is in none', () => {
  const holders: Readonly<Record<string, () => Buffer[]>> = {
    'of the answers and errors': () => answers,
    'of the lines of the log': () => server.log.map((line) => Buffer.from(line)),
    'of the lines of the audit trail': () => [readFileSync(auditLog)],
    'of the files of the store': () =>
      readdirSync(dataDir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name))),
  };

  test.each(Object.entries(holders))('%s', async (name, contents) => {
    if (name.endsWith('the store')) await server.close();
    const held = contents();
    expect(held.reduce((size, one) => size + one.length, 0)).toBeGreaterThan(500);
    for (const form of forms(device.secret)) expect(held.some((one) => one.includes(form))).toBe(false);
  });
});
