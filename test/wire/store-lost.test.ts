/** A call that was admitted before the store lost its state, and shows its code only afterwards: no store that does not know its key judges it. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { AdminService } from '../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { VerifyRequestSchema, VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { createTestClient, methods } from '../support/client.ts';
import { answerOf, frame, openConnection, openStream, ping } from '../support/raw.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { startServer } from '../support/server.ts';

/** RFC 4226, appendix D: the code of count 1. */
const USED = {
  key: { source: { case: 'secret', value: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' }, type: OtpType.HOTP, counter: 1n },
  code: '287082',
} as const;

const { createApiKey, unlockAttempts } = AdminService.method;
const NEW_KEY = { displayName: 'another', plan: 'plans/unlimited', scopes: ['admin'] };
/** The calls that change the state of a store, by procedure. */
const HELD = {
  '/otp.v1.OtpService/Verify': toBinary(VerifyRequestSchema, create(VerifyRequestSchema, USED)),
  '/otp.admin.v1.AdminService/CreateApiKey': toBinary(createApiKey.input, create(createApiKey.input, { apiKey: NEW_KEY })),
  '/otp.admin.v1.AdminService/UnlockAttempts': toBinary(
    unlockAttempts.input,
    create(unlockAttempts.input, { subject: { case: 'key', value: USED.key } }),
  ),
};

redisSuite('calls whose bodies come after Redis was emptied and taken up again', () => {
  test('are UNAVAILABLE, not judged again, and change nothing', async () => {
    await using parts = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'otpd-lost-'));
    parts.defer(() => rm(folder, { recursive: true }));
    const fingerprintKeyFile = join(folder, 'fingerprint.key');
    writeFileSync(fingerprintKeyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    const redis = parts.adopt(await startRedis(), (one) => one.stop());
    const server = parts.adopt(await startServer({ flags: { redisUrl: redis.url, fingerprintKeyFile } }), (one) => one.close());
    const client = parts.adopt(createTestClient(server.address, server.apiKey), (one) => one.close());
    const session = parts.adopt(await openConnection(server.address), (one) => one.destroy());
    expect((await client.call(methods.verify, USED)).response?.status).toBe(VerifyStatus.ACCEPTED);

    const held = Object.entries(HELD).map(([path, message]) => {
      const stream = openStream(session, path, { 'x-api-key': server.apiKey });
      return { path, answer: answerOf(stream), send: () => stream.end(frame(message)) };
    });
    await ping(session);
    // The answer shows that the calls whose headers came earlier, with the same API key, are admitted.
    await client.call(methods.token, { key: USED.key });
    redis.cli('flushall');
    await server.app.store.ping().catch(() => undefined);
    await server.app.store.ping();
    // The store is in service again: a key that it knows may verify, and it has no used codes.
    const created = await server.createKey();
    for (const { send } of held) send();
    for (const { path, answer } of held) expect([path, (await answer).code]).toEqual([path, 'UNAVAILABLE']);
    expect(await server.app.store.keys.page(undefined, 10)).toHaveLength(1);
    expect((await client.call(methods.verify, USED)).code).toBe('UNAUTHENTICATED');
    const anew = await client.call(methods.verify, USED, { apiKey: created });
    expect(anew.response?.status).toBe(VerifyStatus.ACCEPTED);
  });
});
