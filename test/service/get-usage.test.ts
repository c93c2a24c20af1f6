/** GetUsage while the counts cannot be reached, and after a plan has become smaller. */
import { expect, test } from 'vitest';
import { createLocalLimits } from '../../src/limits/local-counter.ts';
import { parsePlans } from '../../src/limits/plans.ts';
import { type LimitStore, StoreUnavailableError } from '../../src/ports/store.ts';
import { createGetUsage } from '../../src/service/get-usage.ts';
import { callContext } from '../support/context.ts';

const NOW = Date.UTC(2026, 10, 15);
const PLANS = parsePlans('{"paid": {"minute": 5, "month": 10}}');

const ask = (limits: LimitStore, plans = PLANS) =>
  createGetUsage({ limits, plans: () => plans })({ $typeName: 'otp.v1.GetUsageRequest' }, callContext({ now: () => NOW }));

test('the counts of a process during an outage are not returned as the usage', async () => {
  const away = async () => Promise.reject(new StoreUnavailableError(new Error('away')));
  await expect(ask({ charge: away, refund: away, usage: away })).rejects.toThrow(StoreUnavailableError);
});

test('more than the limit is returned as it is, under the current plan of the key', async () => {
  const limits = createLocalLimits();
  const { keyId } = callContext({}).principal;
  await limits.charge(keyId, PLANS.get('paid')?.windows ?? [], 5, NOW);
  const answer = await ask(limits, parsePlans('{"smaller": {"month": 2}}'));
  expect(answer).toMatchObject({ plan: 'smaller', windows: [{ window: 'month', limit: 2n, used: 5n }] });
});
