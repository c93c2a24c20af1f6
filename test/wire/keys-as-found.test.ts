/** Real keys, each with the code that its app shows: keys that were refused or misread in public bug reports, and more of each kind. */
import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WatchTokenRequest } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { openWatch } from '../support/watch.ts';
import table from '../vectors/keys-as-found.json' with { type: 'json' };

let now = 0;
let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startServer({ clock: () => now });
  client = createTestClient(server.address, server.apiKey);
});
afterAll(async () => {
  client.close();
  await server.close();
});

describe.each(table.keys)('$name', ({ key, code, at = 59 }) => {
  const request = { key } as JsonValue;

  test('has its code', async () => {
    now = at * 1000;
    const { response, details } = await client.call(methods.token, fromJson(methods.token.input, request));
    expect({ code: response?.token?.code, violations: details.violations }).toEqual({ code, violations: [] });
  });

  test('is checked, whether the code is used or not', async () => {
    now = at * 1000;
    const { response } = await client.call(methods.verify, {
      ...fromJson(methods.verify.input, request),
      code,
      allowReuse: true,
    });
    expect(response?.valid).toBe(true);
  });
});

test('a URI with bad names is watched too', async () => {
  now = 59_000;
  const uri = 'otpauth://totp/%%:a:b?secret=JBSWY3DP+EHPK3PXP&issuer=%E9';
  const watch = openWatch(client, server.apiKey, fromJson(methods.watchToken.input, { key: { uri } }) as WatchTokenRequest);
  expect((await watch.first)?.token?.code).toBe('996554');
  watch.call.cancel();
  await watch.ended;
});
