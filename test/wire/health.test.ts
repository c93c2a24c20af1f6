/** The health service (grpc.health.v1), as load balancers use it: without a key. */
import { EventEmitter } from 'node:events';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { ClientReadableStream, Server } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from '../../gen/ts/health/v1/health_pb.ts';
import { createHealth } from '../../src/grpc/health.ts';
import { metadataOf } from '../support/client.ts';
import { wireForEach } from '../support/wire.ts';

const { check, list, watch } = Health.method;

const wire = wireForEach(() => undefined);

/** Opens a Watch, and collects its statuses. */
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

test('Watch sends the status at once, and of an unknown service that it is unknown', async () => {
  const watches = ['', 'otp.v1.OtpService', 'nope'].map(openHealthWatch);
  await expect
    .poll(() => watches.map(({ seen }) => seen))
    .toEqual([[Status.SERVING], [Status.SERVING], [Status.SERVICE_UNKNOWN]]);
  for (const { call } of watches) call.cancel();
});

test('a shutdown is sent to the watchers before it ends their streams', async () => {
  const watches = ['', 'otp.v1.OtpService'].map(openHealthWatch);
  await expect.poll(() => watches.map(({ seen }) => seen.length)).toEqual([1, 1]);
  await wire.server.close();
  expect(await Promise.all(watches.map(({ ended }) => ended))).toEqual([14, 14]);
  for (const { seen } of watches) expect(seen).toEqual([Status.SERVING, Status.NOT_SERVING]);
});

describe('a watcher', () => {
  const NAMES = ['', 'otp.v1.OtpService'];

  /** Makes the service, with a function that watches it and returns the statuses and the call. */
  function begin() {
    const health = createHealth(NAMES);
    let open: (call: unknown) => void = () => undefined;
    const addService = (_: unknown, { watch }: Record<string, typeof open>) => {
      open = watch as typeof open;
    };
    health.addTo({ addService } as unknown as Server);
    const watchOf = (service: string) => {
      const seen: Status[] = [];
      const call = Object.assign(new EventEmitter(), {
        request: Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service }))),
        write: (message: Uint8Array) => void seen.push(fromBinary(HealthCheckResponseSchema, message).status),
      });
      open(call);
      return { seen, call };
    };
    return { health, watchOf };
  }

  test('gets each change of its service, once, and of no other', () => {
    const { health, watchOf } = begin();
    const watchers = [watchOf(''), watchOf('otp.v1.OtpService'), watchOf('nope')];
    for (const serving of [false, false, true, true]) health.set('', serving);
    health.set('otp.v1.OtpService', false);
    expect(watchers.map(({ seen }) => seen)).toEqual([
      [Status.SERVING, Status.NOT_SERVING, Status.SERVING],
      [Status.SERVING, Status.NOT_SERVING],
      [Status.SERVICE_UNKNOWN],
    ]);
    expect(watchOf('otp.v1.OtpService').seen).toEqual([Status.NOT_SERVING]);
  });

  test('that has left gets nothing, and the others do', () => {
    const { health, watchOf } = begin();
    const [left, stays] = [watchOf(''), watchOf('')];
    left.call.emit('cancelled');
    health.set('', false);
    expect([left.seen, stays.seen]).toEqual([[Status.SERVING], [Status.SERVING, Status.NOT_SERVING]]);
  });
});
