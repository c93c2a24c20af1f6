/** The administration over Connect and gRPC-Web: the same calls, errors and scope as over gRPC. */
import { createClient } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AdminService } from '../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { failureOf, WAYS } from './clients.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
});
afterAll(() => server.close());

describe.each(Object.entries(WAYS))('%s', (_, transport) => {
  const client = () => createClient(AdminService, transport(server.httpUrl));
  const as = (apiKey: string) => ({ headers: { 'x-api-key': apiKey } });

  test('a key is made, listed, rotated and revoked', async () => {
    const options = as(server.apiKey);
    const { apiKey, secret } = await client().createApiKey(
      { apiKey: { displayName: 'shop', plan: 'plans/free', scopes: ['verify'] } },
      options,
    );
    expect(secret).toMatch(/^otpd_/);
    const { apiKeys } = await client().listApiKeys({ pageSize: 1000 }, options);
    expect(apiKeys).toContainEqual(apiKey);
    const name = apiKey?.name ?? '';
    const rotated = await client().rotateApiKey({ name, grace: { seconds: 60n }, etag: apiKey?.etag ?? '' }, options);
    expect(rotated.secret).not.toBe(secret);
    expect((await client().revokeApiKey({ name }, options)).apiKey?.revokeTime).toBeDefined();
    const stale = client().revokeApiKey({ name, etag: apiKey?.etag ?? '' }, options);
    expect(await failureOf(stale)).toMatchObject({
      code: 'Aborted',
      errorInfo: { reason: 'ERROR_REASON_ETAG_MISMATCH', metadata: { name } },
    });
  });

  test('a key without the scope admin is refused', async () => {
    const caller = await server.createKey({ scopes: ['generate', 'token', 'verify', 'seal', 'export'] });
    expect(await failureOf(client().listPlans({}, as(caller)))).toMatchObject({
      code: 'PermissionDenied',
      errorInfo: { reason: 'ERROR_REASON_SCOPE_MISSING', metadata: { scope: 'admin' } },
    });
  });
});
