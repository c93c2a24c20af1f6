/** The published test vectors over the wire: RFC 4226 appendix D and RFC 6238 appendix B. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Algorithm, OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { formatSecret } from '../../src/otp/secret.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';
import rfc4226 from '../vectors/rfc4226.json' with { type: 'json' };
import rfc6238 from '../vectors/rfc6238.json' with { type: 'json' };

let now = 0;
let server: TestServer;
let client: TestClient;

// Each test has a new store, since all use the same secret, which has a single state.
beforeEach(async () => {
  now = 0;
  server = await startServer({ clock: () => now });
  client = createTestClient(server.address, server.apiKey);
});
afterEach(async () => {
  client.close();
  await server.close();
});

const base32 = (ascii: string) => formatSecret(Buffer.from(ascii));

describe('RFC 4226 appendix D', () => {
  const secret = base32(rfc4226.secret);

  test.each(rfc4226.values)('Token gives $code for counter $counter', async ({ counter, code }) => {
    const key = { source: { case: 'secret', value: secret }, type: OtpType.HOTP, counter: BigInt(counter) } as const;
    const { response } = await client.call(methods.token, { key });
    expect(response?.token).toMatchObject({ code, step: BigInt(counter), type: OtpType.HOTP, periodSeconds: 0 });
  });

  test('Verify accepts each code at its own counter and at no other', async () => {
    for (const { counter, code } of rfc4226.values) {
      const key = { source: { case: 'secret', value: secret }, type: OtpType.HOTP, counter: BigInt(counter) } as const;
      const next = { ...key, counter: key.counter + 1n };
      expect((await client.call(methods.verify, { key: next, code, lookAhead: 0 })).response?.status).toBe(VerifyStatus.MISMATCH);
      const { response } = await client.call(methods.verify, { key, code, lookAhead: 0 });
      expect(response).toMatchObject({ valid: true, status: VerifyStatus.ACCEPTED, matchedStep: BigInt(counter), driftSteps: 0 });
      expect(response?.nextCounter).toBe(BigInt(counter) + 1n);
    }
  });
});

describe('RFC 6238 appendix B', () => {
  const { secrets, values, digits, period } = rfc6238;
  const keyOf = (algorithm: keyof typeof secrets) =>
    ({ source: { case: 'secret', value: base32(secrets[algorithm]) }, algorithm: Algorithm[algorithm], digits }) as const;

  test.each(values as { seconds: number; algorithm: keyof typeof secrets; code: string }[])(
    'Token gives $code with $algorithm at $seconds s, and Verify accepts it then',
    async ({ seconds, algorithm, code }) => {
      const key = keyOf(algorithm);
      const at = { seconds: BigInt(seconds), nanos: 0 };
      const { response } = await client.call(methods.token, { key, at });
      expect(response?.token).toMatchObject({ code, step: BigInt(Math.floor(seconds / period)), digits, periodSeconds: period });
      now = seconds * 1000;
      const verified = await client.call(methods.verify, { key, code, pastSteps: 0, futureSteps: 0 });
      expect(verified.response?.status).toBe(VerifyStatus.ACCEPTED);
    },
  );

  test('all 18 values are there', () => {
    expect(values).toHaveLength(18);
  });
});
