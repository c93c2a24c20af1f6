/** Compares the rules for requests and errors in the OpenAPI documents with the server. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { knownKeysFlags, knownKeysFolder } from '../support/known-keys.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Document, readDocument } from './document.ts';

type Schema = Readonly<Record<string, unknown>> & {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
};
type Json = Readonly<Record<string, unknown>>;

/** A field of a request, and a value that the document allows or forbids. */
interface Trial {
  readonly path: string;
  readonly field: readonly string[];
  readonly value: unknown;
}

interface ConnectError {
  readonly code: string;
  readonly message: string;
  readonly details: readonly { readonly type: string; readonly debug: Json }[];
}

const documents = ['gen/openapi.json', 'gen/openapi-admin.json'].map(readDocument) as [Document, Document];
const [document] = documents;
const JSON_BODY = 'application/json';
const unary = documents.flatMap((one) =>
  one.calls
    .filter(({ operation }) => operation.requestBody?.content[JSON_BODY] !== undefined)
    .map((call) => ({ ...call, document: one })),
);

let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = knownKeysFolder();
  server = await startServer({ flags: { httpListen: '127.0.0.1:0', ...knownKeysFlags(folder) } });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const fields = unary.flatMap(({ path, operation, document: { at } }) =>
  fieldsOf(operation.requestBody?.content[JSON_BODY] as { schema: Schema }, path, at),
);

test('the fields of the contract are there', () => {
  const isAdmin = ({ path }: Trial | (typeof fields)[number]) => path.startsWith('/otp.admin.v1');
  expect([fields.filter((field) => !isAdmin(field)).length, fields.filter(isAdmin).length]).toEqual([84, 55]);
});

test.each(fields.flatMap(outside))('$path refuses $field = $value', async ({ path, field, value }) => {
  for (const example of requestsOf(path)) {
    const { status, body } = await send(path, withField(example, field, value));
    expect(status).toBe(400);
    expect(['ERROR_REASON_INVALID_FIELDS', 'ERROR_REASON_MALFORMED_MESSAGE']).toContain(reasonOf(body as ConnectError));
  }
});

/** ResyncHotp does not accept a time step, which is a TOTP field. */
const taken = fields
  .flatMap(inside)
  .filter(({ path, field }) => !path.endsWith('/ResyncHotp') || !snake(field).endsWith('period_seconds'));

test.each(taken)('$path takes $field = $value', async ({ path, field, value }) => {
  const answers = await Promise.all(requestsOf(path).map((example) => send(path, withField(example, field, value))));
  // A TOTP field is refused beside a HOTP, and vice versa.
  expect(answers.some(({ body }) => !violationsOf(body).includes(snake(field)))).toBe(true);
});

test.each(unary)('$path refuses a field that is unknown, and a key of no source or of two', async ({ path, document: own }) => {
  const [example = {}] = requestsOf(path);
  const sources = [{}, { secret: 'JBSWY3DPEHPK3PXP', uri: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP' }];
  const wrong = [{ ...example, unknown: 1 }, ...('key' in example ? sources.map((key) => ({ ...example, key })) : [])];
  for (const request of wrong) {
    expect((await send(path, request)).status).toBe(400);
    const schema = `/paths/${path.replaceAll('/', '~1')}/post/requestBody/content/application~1json/schema`;
    expect(own.mistakes(schema, request)).not.toBe('');
  }
});

describe('an error', () => {
  test.each([
    ['api_key_missing', 401, () => send('Token', {}, '')],
    ['api_key_invalid', 401, () => send('Token', {}, 'otpd_wrong')],
    ['scope_missing', 403, async () => send('Verify', {}, await server.createKey({ scopes: ['token'] }))],
    ['invalid_fields', 400, () => send('Generate', { accountName: 'alice', digits: 9 })],
    ['malformed_message', 400, () => send('Token', '{')],
    ['message_too_large', 429, () => send('Token', { key: { secret: 'A'.repeat(70_000) } })],
    ['rate_limited', 429, exhaust],
    ['request_id_reused', 400, reuse],
  ] as const)('%s is what its example says', async (name, status, call) => {
    const answer = await call();
    expect(answer.status).toBe(status);
    const pointer = `/paths/~1otp.v1.OtpService~1Token/post/responses/${status}`;
    const { $ref } = document.at(pointer) as { $ref: string };
    const content = document.at(`${$ref.slice(1)}/content/application~1json`) as {
      examples: Record<string, { value: ConnectError }>;
    };
    const example = content.examples[name]?.value as ConnectError;
    const { code, message, details } = answer.body as ConnectError;
    expect({ code, message }).toEqual({ code: example.code, message: example.message });
    expect(details.map(({ type }) => type)).toEqual(example.details.map(({ type }) => type));
    expect(Object.keys(details[0]?.debug ?? {})).toEqual(Object.keys(example.details[0]?.debug ?? {}));
    expect(document.mistakes(`${$ref.slice(1)}/content/application~1json/schema`, answer.body)).toBe('');
  });
});

/** The windows of the plan slide, so the second call within a window exceeds the limit. */
async function exhaust(): ReturnType<typeof send> {
  const apiKey = await server.createKey({ plan: 'free' });
  const request = requestsOf('/otp.v1.OtpService/Token')[0] ?? {};
  for (let call = 0; call < 5; call += 1) await send('Token', request, apiKey);
  return send('Token', request, apiKey);
}

async function reuse(): ReturnType<typeof send> {
  const request = { key: { secret: 'JBSWY3DPEHPK3PXP' }, requestId: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6' };
  await send('Verify', { ...request, code: '000000' });
  return send('Verify', { ...request, code: '000001' });
}

async function send(
  method: string,
  request: Json | string,
  apiKey: string = server.apiKey,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${server.httpUrl}${method.startsWith('/') ? method : `/otp.v1.OtpService/${method}`}`, {
    method: 'POST',
    headers: { 'content-type': JSON_BODY, ...(apiKey === '' ? {} : { 'x-api-key': apiKey }) },
    body: typeof request === 'string' ? request : JSON.stringify(request),
  });
  return { status: response.status, body: await response.json() };
}

function requestsOf(path: string): Json[] {
  const found = unary.find((call) => call.path === path)?.operation.requestBody?.content[JSON_BODY]?.examples ?? {};
  return Object.values(found).map(({ value }) => value as Json);
}

/** Returns every field below a schema, with its schema. */
function fieldsOf(
  { schema }: { schema: Schema },
  path: string,
  at: Document['at'],
  field: readonly string[] = [],
): (Omit<Trial, 'value'> & { schema: Schema })[] {
  const resolved = (one: Schema): Schema => (one.$ref === undefined ? one : { ...(at(one.$ref.slice(1)) as Schema), ...one });
  const { properties = {} } = resolved(schema);
  return Object.entries(properties).flatMap(([name, inner]) => {
    const here = { path, field: [...field, name], schema: resolved(inner) };
    return [here, ...fieldsOf({ schema: inner }, path, at, here.field)];
  });
}

/** Returns values that the schema forbids. Zero means an unset field, so no value is below a minimum. */
function outside({ path, field, schema }: ReturnType<typeof fieldsOf>[number]): Trial[] {
  const { maximum, maxLength, type, properties, enum: values, anyOf, minItems, maxItems, items } = schema;
  const wrong: unknown[] = [];
  if (minItems === 1) wrong.push([]);
  if (typeof maxItems === 'number') wrong.push(Array(maxItems + 1).fill(items?.type === 'string' ? '755224' : {}));
  if (items?.enum !== undefined) wrong.push(['UNKNOWN']);
  if (typeof maximum === 'number') wrong.push(maximum + 1);
  if (typeof maxLength === 'number') wrong.push('A'.repeat(maxLength + 1));
  if (Array.isArray(values)) wrong.push(typeof values[0] === 'number' ? Math.max(...values) + 1 : 'UNKNOWN');
  if (Array.isArray(anyOf)) wrong.push(anyOf[1].maximum + 1, anyOf[1].minimum - 1);
  if (type === 'string' || properties !== undefined) wrong.push(true);
  if (type === 'boolean') wrong.push('yes');
  return wrong.map((value) => ({ path, field, value }));
}

/** Returns the extreme values that the schema allows. */
function inside({ path, field, schema: { maximum, enum: values } }: ReturnType<typeof fieldsOf>[number]): Trial[] {
  const right = [
    ...(typeof maximum === 'number' && maximum < 2 ** 32 - 1 ? [maximum] : []),
    ...(Array.isArray(values) ? values : []),
  ];
  return right.map((value) => ({ path, field, value }));
}

function withField(request: Json, [name = '', ...rest]: readonly string[], value: unknown): Json {
  const inner = rest.length === 0 ? value : withField((request[name] ?? {}) as Json, rest, value);
  return { ...request, [name]: inner };
}

function reasonOf({ details }: ConnectError): unknown {
  return details[0]?.debug['reason'];
}

function violationsOf(body: unknown): unknown[] {
  const { details = [] } = body as Partial<ConnectError>;
  const found = details.flatMap(({ debug }) => (debug['fieldViolations'] ?? []) as { field: string }[]);
  return found.map(({ field }) => field);
}

/** Returns the path of a field in the form of the service. */
function snake(field: readonly string[]): string {
  return field.join('.').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
