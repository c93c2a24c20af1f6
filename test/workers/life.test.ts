/** The processes behind `--workers`: they start, end and are replaced together, and none is left behind. */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { otpd } from '../cli/harness.ts';
import { createTestClient, methods } from '../support/client.ts';
import { runningMs } from '../support/running-time.ts';
import { openWatch } from '../support/watch.ts';
import { callAll, isAlive, key, startGroup } from './group.ts';
import { serve } from './serve.ts';

/** For steps that may be slow on a busy machine. */
const PATIENT = { timeout: 15_000 };
const REPLACED = 'a worker has ended: another takes its place';

function count(output: readonly string[], start: string): number {
  return output.filter((line) => line.startsWith(start)).length;
}

test('there is one banner, one port for all if any port will do, and a primary that serves no calls', async () => {
  await using group = await startGroup(2, { OTPD_LISTEN: '127.0.0.1:0' });
  const { output, log, pid } = group.instance;
  expect(count(output, 'otpd listens on')).toBe(1);
  await expect.poll(() => log().filter(({ msg }) => msg === 'listening'), PATIENT).toMatchObject([{ workers: 2 }]);
  expect(group.pids()).toHaveLength(2);
  const port = /^otpd listens on 127\.0\.0\.1:([1-9]\d*);/.exec(output.find((line) => line.startsWith('otpd')) ?? '')?.[1];
  const clients = [1, 2].map(() =>
    createTestClient(`127.0.0.1:${port}`, group.apiKeys.unlimited, undefined, { 'grpc.use_local_subchannel_pool': 1 }),
  );
  expect(await callAll(clients, 5)).toEqual({ OK: 10 });
  for (const client of clients) client.close();
  await expect.poll(() => [...group.served()].toSorted(), PATIENT).toEqual([1, 2]);
  expect(group.pids()).not.toContain(pid());
});

test('one process has no worker, and no number in its log', async () => {
  await using group = await startGroup(1);
  expect(await callAll(group.connect(2, group.apiKeys.unlimited), 5)).toEqual({ OK: 10 });
  await expect.poll(() => group.instance.log().filter(({ msg }) => msg === 'call').length, PATIENT).toBe(10);
  expect(group.served().size).toBe(0);
  expect(group.pids()).toEqual([]);
});

test('a port that cannot be had ends all, with the words of one process', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const env = { OTPD_LISTEN: `127.0.0.1:${(taken.address() as AddressInfo).port}` };
  const alone = await serve(env);
  const together = await serve({ ...env, OTPD_WORKERS: '2' });
  taken.close();
  expect(alone.err).toMatch(/^error: cannot listen on 127\.0\.0\.1:\d+: it is in use.*\n$/);
  expect(alone.code).toBe(2);
  expect(together.code).toBe(2);
  expect(withoutLog(together.err)).toBe(alone.err);
  expect(together.out).toBe('');
});

test('every mistake is reported once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-plans-'));
  const plans = join(folder, 'plans.json');
  writeFileSync(plans, '{"free": {"minute": -1}}');
  const alone = await serve({ OTPD_PLANS: plans });
  const together = await serve({ OTPD_PLANS: plans, OTPD_WORKERS: '2' });
  rmSync(folder, { recursive: true });
  expect(alone).toMatchObject({ code: 2, err: expect.stringMatching(/^error: --plans: free.minute .*\n$/) });
  expect(together).toEqual(alone);
});

/** Returns standard error without the log. */
function withoutLog(text: string): string {
  return text.replaceAll(/^\{.*\n/gm, '');
}

test('a killed worker is replaced, and the others serve meanwhile', async () => {
  await using group = await startGroup(2);
  const [first = 0, second] = group.pids();
  const callers = group.connect(8, group.apiKeys.unlimited);
  expect(await callAll(callers, 2)).toEqual({ OK: 16 });
  process.kill(first, 'SIGKILL');
  // Half of the connections are lost; the calls on the others are not.
  const { OK = 0, UNAVAILABLE = 0, ...others } = await callAll(callers, 20);
  expect(others).toEqual({});
  // The system assigns the connections, so the number of the others varies.
  expect(OK).toBeGreaterThan(0);
  expect(OK + UNAVAILABLE).toBe(160);
  await expect.poll(() => group.pids().filter((pid) => pid !== first).length, PATIENT).toBe(2);
  expect(group.pids()).toContain(second);
  expect(group.instance.log().filter(({ msg }) => msg === REPLACED)).toMatchObject([{ signal: 'SIGKILL', pauseMs: 0 }]);
  await expect
    .poll(async () => {
      await callAll(group.connect(4, group.apiKeys.unlimited), 1);
      return group.served().has(3);
    }, PATIENT)
    .toBe(true);
});

test('SIGTERM ends the streams with their reason, each call with OK or UNAVAILABLE, and leaves no process', async () => {
  await using group = await startGroup(2);
  const pids = group.pids();
  const callers = group.connect(4, group.apiKeys.unlimited);
  expect(await callAll(callers, 2)).toEqual({ OK: 8 });
  const watches = callers.map((caller) => openWatch(caller, group.apiKeys.unlimited, { key }));
  await Promise.all(watches.map(({ first }) => first));
  const calls = callers.flatMap((caller) => Array.from({ length: 50 }, () => caller.call(methods.token, { key })));
  await Promise.race(calls);
  const startedAt = runningMs();
  expect(await group.instance.stop()).toBe(0);
  expect(runningMs() - startedAt).toBeLessThan(5000);
  const codes = (await Promise.all(calls)).map(({ code, details }) => `${code} ${details.errorInfo?.reason ?? ''}`);
  expect(codes.filter((code) => code === 'OK ').length).toBeGreaterThan(0);
  // A call that has not reached its worker is refused, as by a single process.
  expect(codes.filter((code) => code !== 'OK ' && !code.startsWith('UNAVAILABLE'))).toEqual([]);
  for (const { code, details } of await Promise.all(watches.map(({ ended }) => ended)))
    expect([code, details.errorInfo?.reason]).toEqual(['UNAVAILABLE', 'ERROR_REASON_SHUTTING_DOWN']);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(group.instance.log().filter(({ msg }) => msg === REPLACED)).toEqual([]);
  expect(group.instance.log().at(-1)).toMatchObject({ msg: 'stopped' });
});

test('a primary that is killed leaves no worker behind', async () => {
  await using group = await startGroup(3);
  const pids = group.pids();
  expect(pids.filter(isAlive)).toHaveLength(3);
  await group.instance.kill();
  await expect.poll(() => pids.filter(isAlive), { timeout: 2000 }).toEqual([]);
});

test('workers whose primary is silent end, since they can no longer count', async () => {
  await using group = await startGroup(2);
  const pids = group.pids();
  const callers = group.connect(4, group.apiKeys.tiny);
  await callAll(callers, 1);
  process.kill(group.instance.pid(), 'SIGSTOP');
  const { OK = 0, ...others } = await callAll(callers, 5);
  expect(OK).toBe(0);
  expect(Object.keys(others)).toEqual(['UNAVAILABLE']);
  await expect.poll(() => pids.filter(isAlive), { timeout: 2000 }).toEqual([]);
  process.kill(group.instance.pid(), 'SIGCONT');
  await expect.poll(() => group.pids().filter((pid) => !pids.includes(pid)).length, PATIENT).toBe(2);
});

test('the audit trail of all workers has whole lines in one file, which is reopened at SIGHUP', async () => {
  await using group = await startGroup(2);
  const callers = group.connect(4, group.apiKeys.unlimited);
  const old = `${group.auditLog}.1`;
  const verifyAll = (first: number) =>
    Promise.all(
      callers.flatMap((caller, place) =>
        Array.from({ length: 100 }, (_, at) => {
          const secret = `JBSWY3DPEHPK3P${'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[at % 32]}${'ABCDEFGH'[place + first]}`;
          return caller.call(methods.verify, { key: { source: { case: 'secret', value: secret } }, code: '000000' });
        }),
      ),
    );
  await verifyAll(0);
  renameSync(group.auditLog, old);
  process.kill(group.instance.pid(), 'SIGHUP');
  const isOpenIn = (pid: number, file: string) =>
    readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === file);
  await expect.poll(() => group.pids().map((pid) => isOpenIn(pid, group.auditLog)), PATIENT).toEqual([true, true]);
  const before = events(old);
  await verifyAll(4);
  expect(events(old)).toBe(before);
  expect(before).toBeGreaterThan(0);
  expect(events(group.auditLog)).toBeGreaterThan(0);
  const { code, out } = await otpd(['audit', 'verify', old, group.auditLog]);
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringMatching(/^whole: \d+ lines; last digest [\w-]{43}\n$/) });
});

/** Returns the number of events in a trail; throws if a line is not an event. */
function events(file: string): number {
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line)).length;
}
