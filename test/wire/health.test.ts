/** The health service (grpc.health.v1), as load balancers use it: without a key. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from '../../gen/ts/health/v1/health_pb.ts';
import { metadataOf } from '../support/client.ts';
import { wireForEach } from '../support/wire.ts';

const { check, list, watch } = Health.method;

const wire = wireForEach(() => undefined);

/** Opens a Watch; the statuses are kept as they come. */
function openHealthWatch(service: string): { seen: Status[]; call: ClientReadableStream<Buffer>; ended: Promise<number> } {
  const call = wire.client.raw.makeServerStreamRequest<Uint8Array, Buffer>(
    `/${Health.typeName}/${watch.name}`,
    (message) => Buffer.from(message),
    (message) => message,
    toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })),
    metadataOf(undefined),
  );
  const seen: Status[] = [];
  call.on('data', (message: Buffer) => seen.push(fromBinary(HealthCheckResponseSchema, message).status));
  const ended = new Promise<number>((resolve) =>
    call.on('error', (error) => resolve((error as unknown as { code: number }).code)),
  );
  return { seen, call, ended };
}

test.each(['', 'otp.v1.OtpService', 'otp.admin.v1.AdminService'])('Check says that "%s" is served', async (service) => {
  expect((await wire.client.call(check, { service })).response?.status).toBe(Status.SERVING);
});

test.each(['otp.v1.Otp', '__proto__', 'x'.repeat(1000)])('Check of the unknown service %s is NOT_FOUND', async (service) => {
  expect((await wire.client.call(check, { service })).code).toBe('NOT_FOUND');
});

test('Check of bytes that are no message is an error, and the next one is answered', async () => {
  expect((await wire.client.callBytes(check, Buffer.from([0xff]))).code).not.toBe('OK');
  expect((await wire.client.call(check, {})).code).toBe('OK');
});

test('List names the process and the services', async () => {
  const { response } = await wire.client.call(list, {});
  expect(Object.entries(response?.statuses ?? {}).map(([name, { status }]) => [name, status])).toEqual([
    ['', Status.SERVING],
    ['otp.v1.OtpService', Status.SERVING],
    ['otp.admin.v1.AdminService', Status.SERVING],
  ]);
});

test('Watch tells the status at once, and of an unknown service that it is unknown', async () => {
  const watches = ['', 'otp.v1.OtpService', 'nope'].map(openHealthWatch);
  await expect
    .poll(() => watches.map(({ seen }) => seen))
    .toEqual([[Status.SERVING], [Status.SERVING], [Status.SERVICE_UNKNOWN]]);
  for (const { call } of watches) call.cancel();
});

test('a shutdown is told to the watchers before it ends their streams', async () => {
  const watches = ['', 'otp.v1.OtpService'].map(openHealthWatch);
  await expect.poll(() => watches.map(({ seen }) => seen.length)).toEqual([1, 1]);
  await wire.server.close();
  expect(await Promise.all(watches.map(({ ended }) => ended))).toEqual([14, 14]);
  for (const { seen } of watches) expect(seen).toEqual([Status.SERVING, Status.NOT_SERVING]);
});
