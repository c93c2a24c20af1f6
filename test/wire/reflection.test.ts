/** Server reflection: the parts that grpcurl and buf curl need, without a key, and the bounds on strangers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createTestClient, methods } from '../support/client.ts';
import { frame, openConnection, openStream } from '../support/raw.ts';
import { ASK, ask, reflect } from '../support/reflection.ts';
import { runningMs } from '../support/running-time.ts';
import { startServer } from '../support/server.ts';
import { wireForAll } from '../support/wire.ts';

const HOSTILE = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '.', '\u0000', 'x'.repeat(60_000)];

const wire = wireForAll();

describe.each(['v1', 'v1alpha'] as const)('%s', (version) => {
  test('lists the services', async () => {
    const [answer] = await reflect(wire.client, version, [ask(ASK.services, '*')]);
    expect(answer?.services.toSorted()).toEqual(['grpc.health.v1.Health', 'otp.admin.v1.AdminService', 'otp.v1.OtpService']);
  });

  test.each([
    ['otp.v1.OtpService', ['otp/v1/otp_service.proto', 'otp/v1/key.proto', 'google/protobuf/timestamp.proto']],
    ['otp.v1.OtpService.Verify', ['otp/v1/otp_service.proto']],
    ['otp.admin.v1.AdminService.ListApiKeys', ['otp/admin/v1/admin_service.proto', 'otp/v1/otp_service.proto']],
    ['otp.v1.ErrorReason', ['otp/v1/error_reason.proto']],
    ['google.rpc.BadRequest', ['google/rpc/error_details.proto', 'google/protobuf/duration.proto']],
    ['google.rpc.Status', ['google/rpc/status.proto', 'google/protobuf/any.proto']],
  ])('gives the file of %s with what it imports', async (symbol, files) => {
    const [answer] = await reflect(wire.client, version, [ask(ASK.fileContainingSymbol, symbol)]);
    expect(answer?.files).toEqual(expect.arrayContaining(files));
  });

  test('answers each hostile name, and continues', async () => {
    const fields = [ASK.fileByName, ASK.fileContainingSymbol, ASK.extensionNumbers];
    const requests = fields.flatMap((field) => HOSTILE.map((name) => ask(field, name)));
    const answers = await reflect(wire.client, version, [...requests, ask(ASK.services, '')]);
    expect(answers).toHaveLength(requests.length + 1);
    for (const { files } of answers) expect(files.filter((name) => name !== '')).toEqual([]);
    expect(answers.at(-1)?.services).toHaveLength(3);
  });
});

test('10,000 requests on one stream are answered, and other callers are served meanwhile', async () => {
  const flood = reflect(wire.client, 'v1', Array<Uint8Array>(10_000).fill(ask(ASK.fileContainingSymbol, 'otp.v1.OtpService')));
  const other = createTestClient(wire.server.address, wire.server.apiKey);
  const started = runningMs();
  expect((await other.call(methods.token, { key: { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } })).code).toBe('OK');
  expect(runningMs() - started).toBeLessThan(5000);
  other.close();
  expect(await flood).toHaveLength(10_000);
}, 20_000);

test('a caller that asks and never reads is read no further, or the answers would fill the memory', async () => {
  const connection = await openConnection(wire.server.address);
  const stream = openStream(connection, '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo');
  stream.pause();
  const thousand = Buffer.concat(Array(1000).fill(frame(ask(ASK.fileContainingSymbol, 'otp.v1.OtpService'))));
  let taken = 0;
  for (let batch = 0; batch < 100; batch += 1)
    stream.write(thousand, (error) => {
      if (!error) taken += 1;
    });
  await sleep(1000);
  expect(taken).toBeLessThan(10);
  connection.destroy();
});

test('is not there if it is turned off', async () => {
  const closed = await startServer({ flags: { noReflection: true } });
  const stranger = createTestClient(closed.address);
  for (const version of ['v1', 'v1alpha'] as const)
    await expect(reflect(stranger, version, [ask(ASK.services, '')])).rejects.toMatchObject({ code: 12 });
  stranger.close();
  await closed.close();
});
