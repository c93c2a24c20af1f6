/** Property tests over the wire: any input gets an error or an answer, without a fault of the server, and the server continues. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AdminService } from '../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { type Algorithm, type KeySchema, type OtpType, SecretDelivery } from '../../gen/ts/otp/v1/key_pb.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openWatchBytes } from '../support/watch.ts';

const RUNS = { numRuns: 100 };
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const UNARY = [
  methods.generate,
  methods.token,
  methods.verify,
  methods.resyncHotp,
  methods.seal,
  methods.rewrap,
  methods.batchToken,
  methods.batchVerify,
  methods.generateRecoveryCodes,
  methods.verifyRecoveryCode,
  methods.revokeRecoveryCodes,
  methods.importKeys,
  methods.exportKeys,
  methods.getUsage,
  ...AdminService.methods,
] as const;

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startServer();
  client = createTestClient(server.address, server.apiKey);
});
afterEach(async () => {
  expect((await client.call(methods.token, { key })).code).toBe('OK');
  expect(server.log.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
});
afterAll(async () => {
  client.close();
  await server.close();
});

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 600 }), fc.string({ unit: 'grapheme', maxLength: 100 }));
const base32 = fc.string({ unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'), minLength: 1, maxLength: 230 });
const anySecret = fc.oneof(
  base32,
  base32.map((text) => `${text.toLowerCase()} ==`),
  anyText,
);

/** Expects an answer, or a refusal as the caller's mistake. A blob may name a sealing key that does not exist here. */
function expectAnswered(code: string): void {
  expect(['OK', 'INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION']).toContain(code);
}

describe('any bytes as a message', () => {
  test.each(UNARY)('of $name', async (method) => {
    const run = async (bytes: Uint8Array) => expectAnswered((await client.callBytes(method, bytes)).code);
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), run), RUNS);
  });

  test('of WatchToken', async () => {
    const run = async (bytes: Uint8Array) => {
      const watch = openWatchBytes(client, server.apiKey, bytes);
      if ((await watch.first) === undefined) expect((await watch.ended).code).toBe('INVALID_ARGUMENT');
      watch.call.cancel();
    };
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), run), RUNS);
  });

  test('made of a good one by changing a few', async () => {
    const good = toBinary(
      methods.verify.input,
      create(methods.verify.input, { key, code: '123456', pastSteps: 1, alternatives: [key, { ...key, digits: 8 }] }),
    );
    const change = fc.record({ at: fc.nat({ max: good.length - 1 }), to: fc.nat({ max: 255 }) });
    const run = async (changes: { at: number; to: number }[]) => {
      const bytes = Uint8Array.from(good);
      for (const { at, to } of changes) bytes[at] = to;
      expectAnswered((await client.callBytes(methods.verify, bytes)).code);
    };
    await fc.assert(fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), run), RUNS);
  });
});

describe('any blob', () => {
  const base64url = fc.string({
    unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'),
    maxLength: 1100,
  });
  const anyBlob = fc.oneof(
    anyText,
    fc.tuple(fc.constantFrom('otpk1_', 'otpr1_', 'otpk2_'), base64url).map((parts) => parts.join('')),
  );

  test('and any context, as a key of each method and as a set', async () => {
    const run = async (blob: string, context: Uint8Array) => {
      const value = { blob, context };
      const sealed = { source: { case: 'sealed', value } } as const;
      const calls = [
        await client.call(methods.token, { key: sealed }),
        await client.call(methods.verify, { key: sealed, code: '123456', confirm: true }),
        await client.call(methods.verify, { key, code: '123456', alternatives: [sealed] }),
      ];
      // This server has sealed none of them.
      for (const { code } of calls) expect(['INVALID_ARGUMENT', 'FAILED_PRECONDITION']).toContain(code);
      const sealing = await client.call(methods.seal, { items: [{ key: sealed }] });
      const rewrapping = await client.call(methods.rewrap, {
        items: [{ item: { case: 'key', value } }, { item: { case: 'set', value } }],
      });
      const results = [...(sealing.response?.results ?? []), ...(rewrapping.response?.results ?? [])];
      expect(results.map(({ result }) => result.case)).toEqual(['error', 'error', 'error']);
    };
    await fc.assert(fc.asyncProperty(anyBlob, fc.uint8Array({ maxLength: 300 }), run), RUNS);
  });

  test('made of a good one by changing a few characters or bytes of its context never opens', async () => {
    const context = new Uint8Array(20).fill(1);
    const { response } = await client.call(methods.seal, { items: [{ key, sealedContext: context }] });
    const { result } = response?.results[0] ?? {};
    const good = result?.case === 'sealed' ? result.value.blob : '';
    const change = fc.record({ at: fc.nat({ max: good.length + 19 }), to: fc.nat({ max: 127 }) });
    const run = async (changes: { at: number; to: number }[]) => {
      const characters = Buffer.from(good);
      const bound = Uint8Array.from(context);
      for (const { at, to } of changes) {
        if (at < good.length) characters[at] = to;
        else bound[at - good.length] = to;
      }
      const isSame = characters.toString() === good && Buffer.compare(bound, context) === 0;
      const value = { blob: characters.toString(), context: bound };
      const { code } = await client.call(methods.token, { key: { source: { case: 'sealed', value } } });
      expect(code === 'OK').toBe(isSame);
      expectAnswered(code);
    };
    await fc.assert(fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), run), { numRuns: 300 });
  });
});

describe('any text', () => {
  test('as a secret', async () => {
    const run = async (value: string) =>
      expectAnswered((await client.call(methods.token, { key: { source: { case: 'secret', value } } })).code);
    await fc.assert(fc.asyncProperty(anySecret, run), RUNS);
  });

  test('as a URI, and as its parts', async () => {
    const parts = fc.tuple(fc.constantFrom('totp', 'hotp', 'x'), anyText, anySecret, anyText);
    const uri = fc.oneof(
      anyText,
      parts.map(([type, label, secret, rest]) => `otpauth://${type}/${label}?secret=${secret}&${rest}`),
    );
    const run = async (value: string) =>
      expectAnswered((await client.call(methods.token, { key: { source: { case: 'uri', value } } })).code);
    await fc.assert(fc.asyncProperty(uri, run), RUNS);
  });

  test('as a URI to import, and as the content of a migration', async () => {
    const migration = fc
      .uint8Array({ minLength: 1, maxLength: 400 })
      .map((bytes) => `otpauth-migration://offline?data=${encodeURIComponent(Buffer.from(bytes).toString('base64'))}`);
    const run = async (uris: string[]) => {
      const { code, response } = await client.call(methods.importKeys, { uris, delivery: SecretDelivery.BOTH });
      expectAnswered(code);
      // A result for each URI, a key or an error.
      const seen = new Set(response?.results.map(({ uriIndex }) => uriIndex));
      if (response !== undefined) expect(seen.size).toBe(uris.length);
    };
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(anyText, migration), { minLength: 1, maxLength: 5 }), run), RUNS);
  });

  test('as a code and a request id', async () => {
    const run = async (code: string, requestId: string) =>
      expectAnswered((await client.call(methods.verify, { key, code, requestId })).code);
    await fc.assert(fc.asyncProperty(anyText, fc.oneof(anyText, fc.uuid()), run), RUNS);
  });

  test('as a set of recovery codes, its context and a code', async () => {
    const blob = fc.oneof(
      anyText,
      fc.string({ unit: fc.constantFrom(...'ABCxyz019-_'), maxLength: 1100 }).map((text) => `otpr1_${text}`),
    );
    const run = async (blob: string, context: Uint8Array, code: string) => {
      const set = { blob, context };
      const answers = [
        await client.call(methods.verifyRecoveryCode, { set, code }),
        await client.call(methods.revokeRecoveryCodes, { set }),
      ];
      // A blob may name a sealing key that never existed here.
      for (const answer of answers) expect(['INVALID_ARGUMENT', 'FAILED_PRECONDITION']).toContain(answer.code);
    };
    await fc.assert(fc.asyncProperty(blob, fc.uint8Array({ maxLength: 260 }), anyText, run), RUNS);
  });

  test('as a recovery code of a set that opens', async () => {
    const { response } = await client.call(methods.generateRecoveryCodes, {});
    const set = { blob: response?.set?.blob ?? '' };
    const run = async (code: string) => {
      const answer = await client.call(methods.verifyRecoveryCode, { set, code });
      expectAnswered(answer.code);
      expect(answer.response?.valid ?? false).toBe(false);
    };
    await fc.assert(fc.asyncProperty(anyText, run), RUNS);
  });

  test('as keys beside another', async () => {
    const run = async (secrets: string[], code: string) => {
      const alternatives = secrets.map((value) => ({ source: { case: 'secret', value } }) as const);
      expectAnswered((await client.call(methods.verify, { key, code, alternatives })).code);
    };
    await fc.assert(fc.asyncProperty(fc.array(anySecret, { maxLength: 6 }), fc.constantFrom('123456', '1'), run), RUNS);
  });

  test('as codes in a row', async () => {
    const hotp = { ...key, type: 2 as OtpType, counter: 0n };
    const run = async (codes: string[], window: number, requestId: string) =>
      expectAnswered((await client.call(methods.resyncHotp, { key: hotp, codes, window, requestId })).code);
    const code = fc.oneof(anyText, fc.stringMatching(/^[0-9]{6}$/));
    const codes = fc.array(code, { maxLength: 5 });
    const window = fc.oneof(fc.nat({ max: 1001 }), fc.nat({ max: 0xffff_ffff }));
    await fc.assert(fc.asyncProperty(codes, window, fc.oneof(fc.constant(''), fc.uuid()), run), { numRuns: 50 });
  });

  test('as issuer and account name: what is accepted, Token reads back from the URI with the same code', async () => {
    const run = async (issuer: string, accountName: string, secret: string) => {
      const { code, response } = await client.call(methods.generate, { issuer, accountName, secret });
      expectAnswered(code);
      if (response === undefined) return;
      const at = response.token?.serverTime ?? { seconds: 0n, nanos: 0 };
      const again = await client.call(methods.token, { key: { source: { case: 'uri', value: response.uri } }, at });
      expect(again.response?.token?.code).toBe(response.token?.code);
    };
    const label = fc.string({ unit: 'grapheme', maxLength: 40 });
    await fc.assert(fc.asyncProperty(label, label, fc.oneof(base32, fc.constant('')), run), RUNS);
  });

  test('as metadata', async () => {
    const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 200 });
    const run = async (requestId: string, apiKey: string, authorization: string) => {
      const answer = await client.call(
        methods.token,
        { key },
        { apiKey, metadata: { 'x-request-id': requestId, authorization } },
      );
      expect(['UNAUTHENTICATED', 'RESOURCE_EXHAUSTED']).toContain(answer.code);
      expect(answer.details.requestInfo?.requestId).toBe(answer.trailers['x-request-id']);
    };
    await fc.assert(fc.asyncProperty(printable, printable, printable, run), RUNS);
  });
});

test('any items of a batch: as many outcomes as items, each the same as for a separate call', async () => {
  const item = fc.record(
    {
      key: fc.oneof(
        fc.constant(key),
        anySecret.map((value) => ({ source: { case: 'secret' as const, value } })),
        fc.constant({}),
      ),
      pastSteps: fc.nat({ max: 3 }),
      futureSteps: fc.nat({ max: 3 }),
    },
    { requiredKeys: [] },
  );
  const run = async (requests: MessageInitShape<typeof methods.token.input>[]) => {
    const { code, response } = await client.call(methods.batchToken, { requests });
    expect(code).toBe(requests.length === 0 ? 'INVALID_ARGUMENT' : 'OK');
    for (const [place, { result }] of (response?.results ?? []).entries()) {
      const { pastSteps = 0, futureSteps = 0 } = requests[place] ?? {};
      const alone = await client.call(methods.token, requests[place] ?? {});
      const expected = alone.code === 'OK' && pastSteps + futureSteps <= 2 ? 'response' : 'error';
      expect(result.case).toBe(expected);
    }
    expect(response?.results.length ?? 0).toBe(requests.length);
  };
  await fc.assert(fc.asyncProperty(fc.array(item, { maxLength: 6 }), run), { numRuns: 50 });
});

test('any numbers: an answer keeps its bounds', async () => {
  const uint32 = fc.oneof(fc.nat({ max: 12 }), fc.constantFrom(30, 60, 3600), fc.nat({ max: 0xffff_ffff }));
  const run = async (
    type: OtpType,
    algorithm: Algorithm,
    digits: number,
    periodSeconds: number,
    pastSteps: number,
    counter: bigint | undefined,
  ) => {
    const all: MessageInitShape<typeof KeySchema> = {
      ...key,
      type,
      algorithm,
      digits,
      periodSeconds,
      ...(counter === undefined ? {} : { counter }),
    };
    const { code, response } = await client.call(methods.token, { key: all, pastSteps });
    expectAnswered(code);
    if (response === undefined) return;
    expect(response.token?.code).toMatch(/^\d{6,8}$/);
    expect(response.neighbours.length).toBeLessThanOrEqual(10);
  };
  const counters = fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined });
  // The highest value is not in the enums: enums of proto3 are open.
  const types = fc.nat({ max: 4 }) as fc.Arbitrary<OtpType>;
  const algorithms = fc.nat({ max: 4 }) as fc.Arbitrary<Algorithm>;
  await fc.assert(fc.asyncProperty(types, algorithms, uint32, uint32, uint32, counters, run), { numRuns: 200 });
});
