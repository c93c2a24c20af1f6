import { create, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { HealthCheckRequestSchema } from '../../gen/ts/health/v1/health_pb.ts';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { answerOf, frame, openConnection, openStream, rawCall } from '../support/raw.ts';
import { openWatch } from '../support/watch.ts';
import { callAll, type Group, isAlive, key, startGroup } from './group.ts';

const PLANTED = new URL('./planted-fault.ts', import.meta.url).href;
const PATIENT = { timeout: 15_000 };
const REPLACED = 'a worker has ended: another takes its place';
/** The last byte of a health message: 1 SERVING, 2 NOT_SERVING. */
const [SERVING, NOT_SERVING] = [1, 2];

function start(workers: number, kind: string, env: Record<string, string> = {}): Promise<Group> {
  return startGroup(workers, { NODE_OPTIONS: `--import ${PLANTED}`, OTPD_TEST_FAULT: kind, ...env });
}

interface Fatal {
  readonly level: number;
  readonly msg: string;
  readonly origin: string;
  readonly err: { readonly type: string; readonly stack: readonly string[] };
}

function fatal({ instance }: Group): Fatal[] {
  return (instance.log() as unknown as Fatal[]).filter(({ level }) => level === 60);
}

async function until<T>(read: () => T | undefined): Promise<T> {
  await expect.poll(read, PATIENT).toBeDefined();
  return read() as T;
}

test.each([
  ['exception', 'uncaughtException', 'TypeError'],
  ['rejection', 'unhandledRejection', 'TypeError'],
  ['rejected text', 'unhandledRejection', 'string'],
])('after an uncaught %s the process says so, answers what is under way, and exits with 1', async (kind, origin, type) => {
  await using group = await start(1, kind);
  const { instance, apiKeys } = group;
  const connection = await openConnection(instance.address);
  const health = openStream(connection, '/grpc.health.v1.Health/Watch');
  const states: (number | undefined)[] = [];
  health.on('data', (message: Buffer) => states.push(message.at(-1)));
  health.end(frame(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service: OtpService.typeName }))));
  await expect.poll(() => states, PATIENT).toEqual([SERVING]);
  const [client] = group.connect(1, apiKeys.unlimited);
  if (client === undefined) throw new Error('no client');
  const watch = openWatch(client, apiKeys.unlimited, { key });
  await watch.first;
  const inFlight = openStream(connection, '/otp.v1.OtpService/Token', { 'x-api-key': apiKeys.unlimited });
  const answer = answerOf(inFlight);
  // It was opened before another call that is answered, so it is in progress.
  await rawCall(connection, '/grpc.health.v1.Health/Check', { body: frame(Buffer.alloc(0)) });

  const exit = instance.exit();
  process.kill(instance.pid(), 'SIGUSR2');
  await expect.poll(() => states, PATIENT).toEqual([SERVING, NOT_SERVING]);
  const { input } = OtpService.method.token;
  inFlight.end(frame(toBinary(input, create(input, { key }))));
  expect(await answer).toMatchObject({ code: 'OK' });
  expect((await watch.ended).details.errorInfo?.reason).toBe('ERROR_REASON_SHUTTING_DOWN');
  expect(await exit).toEqual([1, null]);
  connection.destroy();

  expect(fatal(group)).toMatchObject([{ msg: expect.stringContaining('a fault of otpd'), origin, err: { type } }]);
  if (type !== 'string') expect(fatal(group)[0]?.err.stack.join()).toContain('planted-fault.ts');
  expect(instance.output.join('\n')).not.toMatch(/planted:|JBSWY3DPEHPK3PXPJ/);
  expect(instance.log().at(-1)).toMatchObject({ msg: 'stopped' });
});

test('one that cannot stop in order ends all the same, with 1', async () => {
  await using group = await start(1, 'stuck', { OTPD_SHUTDOWN_GRACE: '0' });
  const exit = group.instance.exit();
  process.kill(group.instance.pid(), 'SIGUSR2');
  process.kill(group.instance.pid(), 'SIGUSR2');
  expect(await exit).toEqual([1, null]);
  expect(fatal(group).length).toBeGreaterThan(0);
});

test('a worker with a fault is replaced, and the other serves meanwhile', async () => {
  await using group = await start(2, 'exception');
  const [faulty = 0, other] = group.pids();
  const callers = group.connect(8, group.apiKeys.unlimited);
  expect(await callAll(callers, 2)).toEqual({ OK: 16 });
  process.kill(faulty, 'SIGUSR2');
  const { OK = 0, UNAVAILABLE = 0, ...others } = await callAll(callers, 20);
  expect(others).toEqual({});
  expect(OK).toBeGreaterThan(0);
  expect(OK + UNAVAILABLE).toBe(160);
  await expect.poll(() => group.pids().filter((pid) => pid !== faulty).length, PATIENT).toBe(2);
  expect(group.pids()).toContain(other);
  await until(() => group.instance.log().find(({ msg }) => msg === REPLACED));
  expect(group.instance.log().filter(({ msg }) => msg === REPLACED)).toMatchObject([{ code: 1, signal: null }]);
  expect(fatal(group)).toMatchObject([{ origin: 'uncaughtException', worker: expect.any(Number) }]);
});

test('a primary that has a fault stops its workers, and exits with 1', async () => {
  await using group = await start(2, 'rejection');
  const pids = group.pids();
  const exit = group.instance.exit();
  process.kill(group.instance.pid(), 'SIGUSR2');
  expect(await exit).toEqual([1, null]);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(fatal(group)).toMatchObject([{ origin: 'unhandledRejection' }]);
});
