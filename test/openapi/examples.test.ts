/** Sends every example of the OpenAPI documents to the server: the answers equal the examples, and fit the schemas. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueApiKey } from '../../src/auth/api-key.ts';
import { knownKeysFlags, knownKeysFolder } from '../support/known-keys.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Call, escaped, readDocument } from './document.ts';

// The administration comes first, since its status counts the codes that were checked before.
const DOCUMENTS = ['gen/openapi-admin.json', 'gen/openapi.json', 'gen/openapi-rest.json'].map((file) => ({
  file,
  ...readDocument(file),
}));
/** Fields that differ from call to call. */
const CHANGING: ReadonlySet<string> = new Set(
  `blob codes sealedExpireTime secret secretGrouped uri token serverTime code step validFrom expireTime remainingSeconds otp_url qrcode_url current
  +30s -30s -60s remaining_time timestamp valid_until timeRemaining expiresAt qr_code current_code
  createTime revokeTime lastUseTime sealFromTime lockEndTime etag nextPageToken`.split(/\s+/),
);

/** Test vectors. Only the server's clock changes in their answers. */
const VECTORS: ReadonlySet<string> = new Set([
  'past',
  'accepted',
  'devices',
  'malformed',
  'found',
  'recovery',
  'mistyped',
  'revoke',
]);
const CLOCK: ReadonlySet<string> = new Set(['serverTime']);
/** A new key has a new name. */
const CREATED: ReadonlySet<string> = new Set([...CHANGING, 'name']);

interface Example extends Call {
  readonly name: string;
  readonly type: string | undefined;
  readonly body: unknown;
}

let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = knownKeysFolder();
  server = await startServer({ flags: { httpListen: '127.0.0.1:0', ...knownKeysFlags(folder) } });
  await prepareAdministration();
});

/** Makes the API key and the locked HOTP of the administration examples. */
async function prepareAdministration(): Promise<void> {
  const { record } = issueApiKey({ name: 'billing', plan: 'pro', scopes: ['token', 'verify'] }, Date.UTC(2026, 0, 5));
  await server.app.store.keys.insert({ ...record, id: '4fTq0bYdZk1N' });
  const key = { secret: 'KRSXG5DTMVRXEZLUKRSXG5DTMVRXEZLU', type: 'OTP_TYPE_HOTP', counter: '3' };
  const call = async (method: string, body: object) => {
    const headers = { 'x-api-key': server.apiKey, 'content-type': 'application/json' };
    const url = `${server.httpUrl}/otp.v1.OtpService/${method}`;
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const { token } = (await call('Token', { key })) as { token: { code: string } };
  const wrong = token.code === '000000' ? '000001' : '000000';
  for (const code of [token.code, ...Array(5).fill(wrong)]) await call('Verify', { key, code, lookAhead: 0 });
}
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe.each(DOCUMENTS)('$file', ({ file, calls, mistakes, answerAt }) => {
  const examples = calls.flatMap(examplesOf);

  test('describes what the server serves it as', async () => {
    const response = await fetch(`${server.httpUrl}/${file.replace('gen/', '')}`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({ openapi: '3.1.0' });
  });

  test.each(examples)('$method $path: $name', async (example) => {
    const response = await send(example);
    const text = await response.text();
    expect(response.status, text).toBe(200);
    const described = answerAt(example, 200);
    const type = response.headers.get('content-type') ?? '';
    expect(Object.keys(described?.answer.content ?? {})).toContain(type.split(';')[0]);
    const json: unknown = JSON.parse(text);
    const pointer = `${described?.pointer}/content/application~1json`;
    expect(mistakes(`${pointer}/schema`, json)).toBe('');
    const { examples: named, example: only } = described?.answer.content?.['application/json'] ?? {};
    const changing = VECTORS.has(example.name) ? CLOCK : example.name === 'created' ? CREATED : CHANGING;
    expect(settled(json, changing)).toEqual(settled(named?.[example.name]?.value ?? only, changing));
  });

  test.each(examples)('$method $path: $name, as it is described', (example) => {
    const { path, method, type, body } = example;
    if (type === undefined) return expect(method).toBe('GET');
    const schema = `/paths/${escaped(path)}/${method.toLowerCase()}/requestBody/content/${escaped(type)}/schema`;
    return expect(mistakes(schema, body)).toBe('');
  });

  test.each(examples)('$method $path: $name, with a wrong key, a missing key and a key without scopes', async (example) => {
    const scopeless = await server.createKey({ scopes: [example.path.endsWith('/ExportKeys') ? 'seal' : 'export'] });
    const refused = [
      { apiKey: 'otpd_wrong', expected: 401 },
      { apiKey: '', expected: 401 },
      // Any key may read its usage.
      ...(example.path.endsWith('/GetUsage') ? [] : [{ apiKey: scopeless, expected: 403 }]),
    ];
    for (const { apiKey, expected } of refused) {
      const response = await send(example, apiKey);
      expect(response.status).toBe(expected);
      const pointer = answerAt(example, expected)?.pointer;
      expect(mistakes(`${pointer}/content/application~1json/schema`, await response.json())).toBe('');
    }
  });
});

test('the address of a picture has the documented parameters, and returns the documented picture', async () => {
  const rest = readDocument('gen/openapi-rest.json');
  const picture = rest.calls.find(({ operation }) => operation.operationId === 'barcodes') as Call;
  const [otp] = rest.calls.filter(({ operation }) => operation.operationId === 'otp').flatMap(examplesOf);
  const { qrcode_url: url } = (await (await send(otp as Example)).json()) as { qrcode_url: string };
  const given = [...new URL(url).searchParams.keys()].toSorted();
  expect(given).toEqual(picture.operation.parameters?.map(({ name }) => name).toSorted());
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('image/png');
});

/** Returns the examples of the body, in each type; for a call without a body, those of its parameters. A stream and a picture have none. */
function examplesOf(call: Call): Example[] {
  const { operation, method } = call;
  if (method === 'GET')
    return operation.operationId === 'barcodes' ? [] : [{ ...call, name: 'query', type: undefined, body: undefined }];
  return Object.entries(operation.requestBody?.content ?? {}).flatMap(([type, { example, examples = {} }]) =>
    Object.entries(example === undefined ? examples : { [type]: { value: example } }).map(([name, { value }]) => ({
      ...call,
      name,
      type,
      body: value,
    })),
  );
}

function send({ path, method, operation, type, body }: Example, apiKey: string = server.apiKey): Promise<Response> {
  const query = new URLSearchParams();
  for (const { in: place, name, schema } of operation.parameters ?? []) {
    const [value] = schema?.examples ?? [];
    if (place === 'query' && value !== undefined) query.set(name, value);
  }
  const headers = { ...(apiKey === '' ? {} : { 'x-api-key': apiKey }), ...(type === undefined ? {} : { 'content-type': type }) };
  const text = type === 'application/json' ? JSON.stringify(body) : String(new URLSearchParams(body as Record<string, string>));
  return fetch(`${server.httpUrl}${path}?${query}`, { method, headers, ...(type === undefined ? {} : { body: text }) });
}

/** Returns a value without its changing parts. A part that only some answers have is left to the schema. */
function settled(value: unknown, changing: ReadonlySet<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, changing.has(name) ? hidden(inner, changing) : settled(inner, changing)]),
  );
}

/** Hides the value of a changing field. A list keeps its length, and a message keeps its unchanging parts. */
function hidden(value: unknown, changing: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map(() => '…');
  return typeof value === 'object' ? settled(value, changing) : '…';
}
