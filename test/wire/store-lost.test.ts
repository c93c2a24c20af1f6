/** A call that was let in before the store lost its state, and shows its code only after: it is judged by no store that does not know its key. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { VerifyRequestSchema, VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { createTestClient, methods } from '../support/client.ts';
import { answerOf, frame, openConnection, openStream } from '../support/raw.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { startServer } from '../support/server.ts';

/** RFC 4226, appendix D: the code of count 1. */
const USED = {
  key: { source: { case: 'secret', value: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' }, type: OtpType.HOTP, counter: 1n },
  code: '287082',
} as const;

redisSuite('a Verify whose body comes after Redis was emptied and taken up again', () => {
  test('is UNAVAILABLE, not judged anew', async () => {
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

    const held = openStream(session, '/otp.v1.OtpService/Verify', { 'x-api-key': server.apiKey });
    const answer = answerOf(held);
    // Answered on the same connection, the other call shows that the headers of the first have come, too.
    await client.call(methods.token, { key: USED.key });
    await new Promise((resolve) => setTimeout(resolve, 100));
    redis.cli('flushall');
    await server.app.store.ping().catch(() => undefined);
    await server.app.store.ping();
    // The store is in service again: a key that it knows may verify, and it holds no used code.
    const created = await server.createKey();
    held.end(frame(toBinary(VerifyRequestSchema, create(VerifyRequestSchema, USED))));
    expect(await answer).toMatchObject({ code: 'UNAVAILABLE' });
    expect((await client.call(methods.verify, USED)).code).toBe('UNAUTHENTICATED');
    const anew = await client.call(methods.verify, USED, { apiKey: created });
    expect(anew.response?.status).toBe(VerifyStatus.ACCEPTED);
  });
});
