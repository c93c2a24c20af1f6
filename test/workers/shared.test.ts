/** Several processes on one port keep the promises of a single process: exact limits, and each code accepted once. */
import { describe, expect, test } from 'vitest';
import { tally } from '../chaos/crowd.ts';
import { nextRandom } from '../chaos/form.ts';
import { codeOf, hotpKey, requestOf } from '../chaos/keys.ts';
import { methods } from '../support/client.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { callAll, type Group, key, startGroup } from './group.ts';

async function exactly50Pass(group: Group, workers: number): Promise<void> {
  const callers = group.connect(16, group.apiKeys.tiny);
  expect(await callAll(callers, 13)).toEqual({ OK: 50, RESOURCE_EXHAUSTED: 158 });
  await expect.poll(() => group.served().size, { timeout: 15_000 }).toBe(workers);
}

/** Three crowds, so that after a pause of the machine at least one of the interesting answers is in time. */
async function oneIsAccepted(group: Group): Promise<void> {
  let known = 0;
  for (let crowd = 0; crowd < 3; crowd += 1) {
    const hotp = hotpKey(nextRandom());
    const request = requestOf(hotp, codeOf(hotp, 3));
    const calls = Array.from({ length: 1000 }, () => group.instance.caller.verify(request, group.apiKeys.unlimited));
    const { accepted = 0, replayed = 0, unknown = 0, ...others } = tally(await Promise.all(calls));
    expect(others).toEqual({});
    expect(accepted).toBeLessThanOrEqual(1);
    expect(accepted + unknown).toBeGreaterThanOrEqual(1);
    expect(accepted + replayed + unknown).toBe(1000);
    known += accepted;
  }
  expect(known).toBeGreaterThan(0);
  await expect.poll(() => group.served().size, { timeout: 15_000 }).toBe(2);
}

/**
 * A refund is not awaited, but the primary counts the messages of each worker in order: a later call through each worker is counted after the refund.
 */
async function givenBack(group: Group): Promise<void> {
  expect(await callAll(group.connect(4, group.apiKeys.paid), 1)).toEqual({ OK: 4 });
}

describe('with the embedded store', () => {
  test.each([2, 4])('%i workers let exactly as many calls pass as the plan has', async (workers) => {
    await using group = await startGroup(workers);
    await exactly50Pass(group, workers);
  });

  test('failed calls are refunded, in whichever worker they failed', async () => {
    await using group = await startGroup(2);
    const callers = group.connect(4, group.apiKeys.tiny);
    expect(await callAll(callers, 10, {})).toEqual({ INVALID_ARGUMENT: 40 });
    await givenBack(group);
    expect(await callAll(callers, 50)).toEqual({ OK: 50, RESOURCE_EXHAUSTED: 150 });
  });

  test('batches are counted whole or not at all, whichever worker they reach', async () => {
    await using group = await startGroup(2);
    const callers = group.connect(4, group.apiKeys.tiny);
    const send = (items: number) =>
      Promise.all(callers.map((caller) => caller.call(methods.batchToken, { requests: Array(items).fill({ key }) })));
    const reasons = (answers: Awaited<ReturnType<typeof send>>) =>
      answers.map(({ code, details }) => details.errorInfo?.reason.replace('ERROR_REASON_', '') ?? code).toSorted();
    for (let round = 0; round < 5; round += 1) expect(reasons(await send(51))).toEqual(Array(4).fill('COST_OVER_LIMIT'));
    await givenBack(group);
    expect(reasons(await send(20))).toEqual(['OK', 'OK', 'RATE_LIMITED', 'RATE_LIMITED']);
    await givenBack(group);
    expect(await callAll(callers, 5)).toEqual({ OK: 10, RESOURCE_EXHAUSTED: 10 });
  });

  test('of 1,000 calls with one right code at the same time, one is accepted', async () => {
    await using group = await startGroup(2);
    await oneIsAccepted(group);
  });
});

redisSuite('with Redis', () => {
  test('the same holds', async () => {
    const redis = await startRedis();
    try {
      await using group = await startGroup(2, {}, redis);
      await exactly50Pass(group, 2);
      await oneIsAccepted(group);
    } finally {
      await redis.stop();
    }
  });
});
