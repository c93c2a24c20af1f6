/** Sealed keys in the TypeScript client: each call works, and the client detects a server that is too old to seal. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type OtpClient, OtpError, SecretDelivery, VerifyStatus } from '../../clients/typescript/src/index.ts';
import { startDouble } from '../support/double.ts';
import { deviceOf } from '../support/enrolment.ts';
import { startServer, type TestServer } from '../support/server.ts';

const sealedContext = Buffer.from('user-1/totp/1');
let server: TestServer;
let client: OtpClient;

beforeAll(async () => {
  server = await startServer();
  client = connect(server.address, server.apiKey, { plaintext: true });
});
afterAll(async () => {
  client.close();
  await server.close();
});

test('an enrolment, its confirmation, and the resealed key', async () => {
  const asked = { issuer: 'ACME', accountName: 'alice', delivery: SecretDelivery.SEALED, sealedContext };
  const { sealed, uri } = await client.generate(asked);
  const keyOf = (blob = '') => ({ source: { case: 'sealed', value: { blob, context: sealedContext } } }) as const;
  const code = deviceOf(uri).code(Date.now());
  const { status, resealed } = await client.verify({ key: keyOf(sealed?.blob), code, confirm: true });
  expect(status).toBe(VerifyStatus.ACCEPTED);
  const value = { blob: resealed?.blob ?? '', context: sealedContext };
  const { results } = await client.rewrap({ items: [{ item: { case: 'key', value } }] });
  expect(results).toMatchObject([{ result: { case: 'key' } }]);
  const moved = await client.seal({ items: [{ key: keyOf(resealed?.blob) }] });
  expect(moved.results).toMatchObject([{ result: { case: 'sealed' } }]);
});

test.each([SecretDelivery.SEALED, SecretDelivery.BOTH])(
  '%i of a server that takes no notice of it is an error',
  async (delivery) => {
    await using old = await startDouble({ generate: { secret: 'JBSWY3DPEHPK3PXP' } });
    using its = connect(old.address, 'any', { plaintext: true });
    const error = await its.generate({ accountName: 'alice', delivery }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OtpError);
    expect(error).toMatchObject({ code: 'UNIMPLEMENTED', message: expect.stringMatching(/too old to seal keys.*store nothing/) });
    expect((await its.generate({ accountName: 'alice' })).secret).toBe('JBSWY3DPEHPK3PXP');
  },
);
