/** The contract of every store, as one suite that runs on each store. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { revokeApiKey, rotateApiKey } from '../../src/auth/api-key.ts';
import type { Scope } from '../../src/ports/principal.ts';
import type { ApiKeyRecord, ChargeResult, LimitWindow, RefundOptions, Store } from '../../src/ports/store.ts';
import { HOUR, issue, MINUTE, SECOND, START } from '../auth/fixtures.ts';
import { allKeys } from '../support/all-keys.ts';
import { creditsContract } from './credits-contract.ts';

const MINUTE_OF_3: LimitWindow = { name: 'minute', periodMs: MINUTE, limit: 3, refundable: false };
const HOUR_OF_5: LimitWindow = { name: 'hour', periodMs: HOUR, limit: 5, refundable: true };
const BOTH = [MINUTE_OF_3, HOUR_OF_5];

/** Runs the contract on the empty store that `open` makes for each test. */
export function storeContract(name: string, open: () => Store): void {
  let store: Store;

  beforeEach(() => {
    store = open();
  });
  afterEach(() => store.close());

  describe(`the keys of the ${name} store`, () => {
    async function inserted(...input: Parameters<typeof issue>): Promise<ApiKeyRecord> {
      const { record } = issue(...input);
      await store.keys.insert(record);
      return record;
    }

    it('are not there before they are inserted', async () => {
      expect(await store.keys.find('000000000000')).toBeUndefined();
      expect(await allKeys(store.keys)).toEqual([]);
      expect(await store.keys.update('000000000000', (key) => key)).toBeUndefined();
    });

    it('are read as they were written, each field', async () => {
      const { record } = issue({
        name: "Zürich'; DROP TABLE api_key; -- 🔑",
        expiresAt: START + HOUR,
        scopes: ['generate', 'verify', 'seal', 'export'],
        tenant: 'acme',
      });
      const rotated = rotateApiKey(record, MINUTE, START + 1).record;
      const full = { ...revokeApiKey(rotated, START + 2), lastUsedAt: START + 3 };
      await store.keys.insert(full);
      expect(plain(await store.keys.find(full.id))).toEqual(plain(full));
      expect((await allKeys(store.keys)).map(plain)).toEqual([plain(full)]);
    });

    it('are read without the scopes that this version does not know', async () => {
      const { record } = issue({ scopes: ['verify'] });
      await store.keys.insert({ ...record, scopes: ['later' as Scope, 'verify'] });
      expect((await store.keys.find(record.id))?.scopes).toEqual(['verify']);
    });

    it('are found many at a time, each once, without missing ones', async () => {
      const used = { ...rotateApiKey(await inserted(), MINUTE, START + 1).record, lastUsedAt: START + 3 };
      await store.keys.update(used.id, () => used);
      const others = await Promise.all(Array.from({ length: 249 }, () => inserted()));
      const absent = Array.from({ length: 150 }, () => issue().record.id);
      const ids = [used, ...others].flatMap(({ id }, place) => [absent[place] ?? id, id]);
      const found = await store.keys.findMany(ids);
      expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
      expect(found).toHaveLength(250);
      expect(plain(found.find(({ id }) => id === used.id))).toEqual(plain(used));
      expect(await store.keys.findMany(absent)).toEqual([]);
      expect(await store.keys.findMany([])).toEqual([]);
    });

    it('are not inserted twice, and the first stays', async () => {
      const record = await inserted();
      await expect(store.keys.insert({ ...record, name: 'second' })).rejects.toThrow('an API key with this id exists');
      expect((await store.keys.find(record.id))?.name).toBe('billing');
    });

    it('are listed oldest first, then by their ids, from any place on', async () => {
      const same = [];
      for (const name of 'gcahbfde') same.push(await inserted({ name }));
      const older = await inserted({ name: 'older' }, START - 1);
      const later = await inserted({ name: 'later' }, START + 10_000_000_000);
      const ids = [older, ...same.sort((one, other) => (one.id < other.id ? -1 : 1)), later].map(({ id }) => id);
      expect((await allKeys(store.keys)).map(({ id }) => id)).toEqual(ids);
      expect((await store.keys.page(undefined, 3)).map(({ id }) => id)).toEqual(ids.slice(0, 3));
      expect((await store.keys.page(same[1], 4)).map(({ id }) => id)).toEqual(ids.slice(3, 7));
      expect(await store.keys.page(later, 1000)).toEqual([]);
      // A place need not belong to an existing key.
      expect((await store.keys.page({ createdAt: START, id: '' }, 1)).map(({ id }) => id)).toEqual(ids.slice(1, 2));
    });

    it('with the scope admin change only while another one is active', async () => {
      const admin = { scopes: ['token', 'admin'] as const };
      const [one, revoked, expired, caller] = [
        await inserted(admin),
        await inserted(admin),
        await inserted({ ...admin, expiresAt: START + SECOND }),
        await inserted(),
      ];
      await store.keys.update(revoked.id, (key) => revokeApiKey(key, START));
      const change = (id: string, now: number) => store.keys.updateWithOtherAdmin(id, (key) => revokeApiKey(key, now), now);
      const version = await store.keys.version();
      expect(await change(one.id, START + SECOND)).toBe('last');
      expect(await store.keys.version()).toBe(version);
      expect((await store.keys.find(one.id))?.revokedAt).toBeUndefined();
      expect(await change(one.id, START + SECOND - 1)).toMatchObject({ id: one.id, revokedAt: START + SECOND - 1 });
      expect(await change(expired.id, START)).toBe('last');
      await inserted(admin);
      expect(await change('000000000000', START)).toBeUndefined();
      expect(await change(caller.id, START)).toMatchObject({ id: caller.id });
    });

    it('are not both taken for the other one by two changes at once', async () => {
      for (let round = 0; round < 5; round += 1) {
        for (const { id } of await allKeys(store.keys)) await store.keys.update(id, (key) => revokeApiKey(key, START));
        const made = [
          await inserted({ scopes: ['admin'] }),
          await inserted({ scopes: ['admin'] }),
          await inserted({ scopes: ['admin'] }),
        ];
        const revoke = ({ id }: ApiKeyRecord) => store.keys.updateWithOtherAdmin(id, (key) => revokeApiKey(key, START), START);
        expect((await Promise.all(made.map(revoke))).filter((key) => key === 'last')).toHaveLength(1);
      }
    });

    it('know which secret awaits its first use, and keep their version when that is noted', async () => {
      const record = await inserted();
      const rotated = await store.keys.update(record.id, (key) => rotateApiKey(key, MINUTE, START).record);
      const awaiting = async () => (await store.keys.find(record.id))?.secrets.map(({ awaitsUse }) => awaitsUse);
      expect(await awaiting()).toEqual([true, false]);
      const version = await store.keys.version();
      const digest = rotated?.secrets[0]?.digest ?? new Uint8Array(32);
      await store.keys.noteUse(record.id, new Uint8Array(32).fill(1));
      await store.keys.noteUse('000000000000', digest);
      expect(await awaiting()).toEqual([true, false]);
      await store.keys.noteUse(record.id, digest);
      expect(await awaiting()).toEqual([false, false]);
      expect(await store.keys.version()).toBe(version);
      expect(plain(await store.keys.find(record.id))).toEqual(
        plain({ ...(rotated ?? record), secrets: (rotated ?? record).secrets.map((one) => ({ ...one, awaitsUse: false })) }),
      );
    });

    it('have one first, however many try', async () => {
      const tries = await Promise.all([1, 2, 3].map(() => store.keys.insertFirst(issue().record)));
      expect(tries.filter(Boolean)).toHaveLength(1);
      expect(await allKeys(store.keys)).toHaveLength(1);
    });

    it('have no first after another was inserted, even a revoked one', async () => {
      const record = await inserted();
      await store.keys.update(record.id, (key) => revokeApiKey(key, START));
      expect(await store.keys.insertFirst(issue().record)).toBe(false);
    });

    it('change as requested, and keep the rest', async () => {
      const [record, other] = [await inserted(), await inserted()];
      const changed = await store.keys.update(record.id, (key) => revokeApiKey({ ...key, name: 'new', plan: 'pro' }, START + 1));
      expect(changed).toMatchObject({ name: 'new', plan: 'pro', revokedAt: START + 1 });
      expect(plain(await store.keys.find(record.id))).toEqual(plain(changed));
      expect(plain(await store.keys.find(other.id))).toEqual(plain(other));
    });

    it('keep their tenant, even if a change sets another', async () => {
      const record = await inserted({ tenant: 'acme' });
      const changed = await store.keys.update(record.id, (key) => ({ ...key, plan: 'pro', tenant: 'other' }));
      expect(changed).toMatchObject({ plan: 'pro', tenant: 'acme' });
      expect(plain(await store.keys.find(record.id))).toEqual(plain(changed));
    });

    it('lose a secret that a rotation drops', async () => {
      const record = await inserted();
      await store.keys.update(record.id, (key) => rotateApiKey(key, MINUTE, START).record);
      const last = await store.keys.update(record.id, (key) => rotateApiKey(key, 0, START).record);
      expect(last?.secrets).toHaveLength(1);
      expect(plain(await store.keys.find(record.id))).toEqual(plain(last));
    });

    it('do not change when a change throws, and the store continues to work', async () => {
      const record = await inserted();
      const attempt = store.keys.update(record.id, () => {
        throw new TypeError('refused');
      });
      await expect(attempt).rejects.toThrow(TypeError);
      expect(plain(await store.keys.find(record.id))).toEqual(plain(record));
      await inserted();
    });

    it('do not lose changes made at the same time', async () => {
      const record = await inserted({ name: 'x' });
      await Promise.all(
        Array.from({ length: 20 }, () => store.keys.update(record.id, (key) => ({ ...key, name: `${key.name}x` }))),
      );
      expect((await store.keys.find(record.id))?.name).toBe('x'.repeat(21));
    });

    it('have another version after each change, never one that they had', async () => {
      const versions = [await store.keys.version()];
      const expectAnother = async () => {
        const version = await store.keys.version();
        expect(versions).not.toContain(version);
        versions.push(version);
      };
      const { record } = issue();
      await store.keys.insertFirst(record);
      await expectAnother();
      await inserted();
      await expectAnother();
      await store.keys.update(record.id, (key) => rotateApiKey(key, MINUTE, START).record);
      await expectAnother();
      await store.keys.update(record.id, (key) => revokeApiKey(key, START));
      await expectAnother();
      await store.keys.update(record.id, () => record);
      await expectAnother();
      expect(await store.keys.version()).toBe(versions.at(-1));
    });

    it('keep their version while none is changed: through uses, and changes that were refused', async () => {
      const record = await inserted();
      const version = await store.keys.version();
      await store.keys.touch(new Map([[record.id, START + 1]]));
      await store.keys.insertFirst(issue().record);
      await store.keys.insert(record).catch(() => undefined);
      await store.keys.update('000000000000', (key) => key);
      await store.keys
        .update(record.id, () => {
          throw new TypeError('refused');
        })
        .catch(() => undefined);
      expect(await store.keys.version()).toBe(version);
    });

    it('move their last use forward only, and skip ids that are gone', async () => {
      const [one, other] = [await inserted(), await inserted()];
      await store.keys.touch(new Map(Object.entries({ [one.id]: START + 5, '000000000000': START + 5 })));
      await store.keys.touch(new Map(Object.entries({ [one.id]: START + 2, [other.id]: START + 3 })));
      const lastUses = await Promise.all([one, other].map(async ({ id }) => (await store.keys.find(id))?.lastUsedAt));
      expect(lastUses).toEqual([START + 5, START + 3]);
    });
  });

  describe(`the limits of the ${name} store`, () => {
    const charge = (now: number, windows: readonly LimitWindow[] = BOTH, subject = 'key', cost = 1) =>
      store.limits.charge(subject, windows, cost, now);
    const spend = (cost: number, now: number, windows: readonly LimitWindow[] = BOTH) => charge(now, windows, 'key', cost);
    const refund = (chargedAt: number, count: number = 1, options: RefundOptions = { rejected: false }) =>
      store.limits.refund('key', BOTH, chargedAt, count, options);
    const remaining = (result: ChargeResult) => result.states.map((state) => state.remaining);

    it('count down in every window, in the order asked', async () => {
      expect(await charge(START)).toEqual({
        allowed: true,
        chargedAt: START,
        retryAfterMs: 0,
        states: [
          { window: MINUTE_OF_3, remaining: 2, resetMs: MINUTE },
          { window: HOUR_OF_5, remaining: 4, resetMs: HOUR },
        ],
      });
      expect(remaining(await charge(START, [HOUR_OF_5, MINUTE_OF_3]))).toEqual([3, 1]);
    });

    it('allow no burst across a boundary: each call expires a period after it was made', async () => {
      const at = [START, START + 30 * SECOND, START + 59 * SECOND];
      for (const now of at) expect((await charge(now, [MINUTE_OF_3])).allowed).toBe(true);
      expect(await charge(START + MINUTE - 1, [MINUTE_OF_3])).toMatchObject({ allowed: false, retryAfterMs: 1 });
      expect((await charge(START + MINUTE, [MINUTE_OF_3])).allowed).toBe(true);
      expect(await charge(START + MINUTE, [MINUTE_OF_3])).toMatchObject({ allowed: false, retryAfterMs: 30 * SECOND });
    });

    it('consume nothing for a call that one window refuses', async () => {
      for (let call = 0; call < 3; call += 1) await charge(START);
      for (let call = 0; call < 9; call += 1) expect(await charge(START)).toMatchObject({ allowed: false, retryAfterMs: MINUTE });
      const later = await charge(START + MINUTE);
      expect(later.allowed).toBe(true);
      expect(remaining(later)).toEqual([2, 1]);
    });

    it('return the longest wait of the full windows', async () => {
      for (let call = 0; call < 5; call += 1) await charge(START + call * MINUTE);
      expect(await charge(START + 5 * MINUTE)).toMatchObject({ allowed: false, retryAfterMs: HOUR - 5 * MINUTE });
    });

    it('refund a failed call only to the refundable windows', async () => {
      await charge(START);
      await charge(START + SECOND);
      await refund(START + SECOND);
      expect(remaining(await charge(START + 2 * SECOND))).toEqual([0, 3]);
    });

    it('refund no more than was charged', async () => {
      await charge(START);
      for (let times = 0; times < 3; times += 1) await refund(START);
      await store.limits.refund('nobody', BOTH, START, 1, { rejected: true });
      expect(remaining(await charge(START))).toEqual([1, 4]);
    });

    it('are neither unlocked nor locked for long by a clock that steps back', async () => {
      for (let call = 0; call < 3; call += 1) await charge(START, [MINUTE_OF_3]);
      const back = START - 24 * HOUR;
      expect(await charge(back, [MINUTE_OF_3])).toMatchObject({ allowed: false, retryAfterMs: MINUTE });
      expect((await charge(back + MINUTE, [MINUTE_OF_3])).allowed).toBe(true);
    });

    it('hold for each subject apart', async () => {
      for (let call = 0; call < 3; call += 1) await charge(START);
      expect((await charge(START, BOTH, 'other')).allowed).toBe(true);
      expect((await charge(START)).allowed).toBe(false);
    });

    it('keep what a plan counted when a smaller one takes its place', async () => {
      for (let call = 0; call < 3; call += 1) await charge(START + call * 2 * SECOND, [MINUTE_OF_3]);
      const smaller = { ...MINUTE_OF_3, limit: 1 };
      const result = await charge(START + 4 * SECOND, [smaller]);
      expect(result).toMatchObject({ allowed: false, retryAfterMs: MINUTE });
      expect(remaining(result)).toEqual([0]);
    });

    it('allow exactly the limit of calls at the same time', async () => {
      const results = await Promise.all(Array.from({ length: 20 }, () => charge(START)));
      expect(results.filter((result) => result.allowed)).toHaveLength(3);
    });

    it('allow everything where there are no windows', async () => {
      expect(await charge(START, [])).toEqual({ allowed: true, chargedAt: START, retryAfterMs: 0, states: [] });
    });

    it('count a cost whole in every window, up to the limit and not beyond', async () => {
      expect(remaining(await spend(2, START))).toEqual([1, 3]);
      const refused = await spend(2, START + SECOND);
      expect(refused).toMatchObject({ allowed: false, refusing: MINUTE_OF_3, retryAfterMs: MINUTE - SECOND });
      expect(remaining(refused)).toEqual([1, 3]);
      expect(remaining(await spend(1, START + SECOND))).toEqual([0, 2]);
      // The minute has room again, but the hour has not, and refuses the cost in both windows.
      const later = await spend(3, START + MINUTE + SECOND);
      expect(later).toMatchObject({ allowed: false, refusing: HOUR_OF_5, retryAfterMs: HOUR - MINUTE });
      expect(remaining(later)).toEqual([3, 2]);
      expect(remaining(await spend(2, START + MINUTE + SECOND))).toEqual([1, 0]);
    });

    it('wait for a cost until as many calls have left as it needs room, to the millisecond', async () => {
      for (const at of [0, 20, 40]) await spend(1, START + at * SECOND, [MINUTE_OF_3]);
      const wait = async (cost: number) => (await spend(cost, START + 50 * SECOND, [MINUTE_OF_3])).retryAfterMs;
      expect([await wait(1), await wait(2), await wait(3)]).toEqual([10 * SECOND, 30 * SECOND, 50 * SECOND]);
      expect(await spend(2, START + 80 * SECOND - 1, [MINUTE_OF_3])).toMatchObject({ allowed: false, retryAfterMs: 1 });
      expect((await spend(2, START + 80 * SECOND, [MINUTE_OF_3])).allowed).toBe(true);
    });

    it('never allow a cost over the limit of a window, and name that window, even with nothing counted', async () => {
      const refused = await spend(4, START);
      expect(refused).toMatchObject({ allowed: false, refusing: MINUTE_OF_3, retryAfterMs: Infinity });
      expect(remaining(refused)).toEqual([3, 5]);
      expect(await spend(6, START, [HOUR_OF_5])).toMatchObject({ refusing: HOUR_OF_5, retryAfterMs: Infinity });
      // No wait helps, even if another window is full too.
      for (let minute = 0; minute < 5; minute += 1) await spend(1, START + minute * MINUTE);
      const now = START + 5 * MINUTE;
      expect(await spend(4, now)).toMatchObject({ refusing: MINUTE_OF_3, retryAfterMs: Infinity });
      expect(await spend(4, now, [HOUR_OF_5, MINUTE_OF_3])).toMatchObject({ refusing: MINUTE_OF_3, retryAfterMs: Infinity });
      expect(await spend(1, now)).toMatchObject({ refusing: HOUR_OF_5, retryAfterMs: HOUR - 5 * MINUTE });
    });

    it('name, of two windows that refuse a cost, the window with the longer wait', async () => {
      await spend(3, START);
      expect(await spend(3, START + SECOND)).toMatchObject({ refusing: HOUR_OF_5, retryAfterMs: HOUR - SECOND });
      expect(await spend(2, START + SECOND)).toMatchObject({ refusing: MINUTE_OF_3, retryAfterMs: MINUTE - SECOND });
    });

    it('allow exactly as many costs at the same time as fit', async () => {
      const results = await Promise.all(Array.from({ length: 20 }, () => spend(2, START, [HOUR_OF_5])));
      expect(results.filter((result) => result.allowed)).toHaveLength(2);
      expect(remaining(await spend(1, START, [HOUR_OF_5]))).toEqual([0]);
    });

    it('refund a part of a cost to the refundable windows, and a rejected part to all', async () => {
      await spend(3, START);
      await refund(START, 2);
      expect(remaining(await spend(4, START))).toEqual([0, 4]);
      await refund(START, 1, { rejected: true });
      expect(remaining(await spend(4, START))).toEqual([1, 5]);
    });

    it('refund no more than was counted at that moment, and nothing that has expired', async () => {
      const left = async (now: number) => remaining(await spend(6, now, [HOUR_OF_5]));
      await spend(2, START, [HOUR_OF_5]);
      await spend(1, START + 2 * MINUTE, [HOUR_OF_5]);
      await refund(START, 1000);
      expect(await left(START + 2 * MINUTE)).toEqual([4]);
      await refund(START + 2 * MINUTE, 1000);
      expect(await left(START + 2 * MINUTE)).toEqual([5]);
      await spend(2, START + 3 * MINUTE, [HOUR_OF_5]);
      await spend(1, START + 3 * MINUTE + HOUR, [HOUR_OF_5]);
      await refund(START + 3 * MINUTE, 2);
      expect(await left(START + 3 * MINUTE + HOUR)).toEqual([4]);
    });
  });

  creditsContract(name, () => store.limits);

  describe(`the uses of sealing keys in the ${name} store`, () => {
    it('are the last day of each key, which never moves back', async () => {
      // The writer may take a moment to start.
      await store.ping();
      expect(await store.sealingKeys.lastDays()).toEqual(new Map());
      await store.sealingKeys.noteDays(
        new Map([
          ['828e2ad3', 9_999],
          ['00000000', 20_000],
        ]),
      );
      await store.sealingKeys.noteDays(new Map([['828e2ad3', 10_000]]));
      await store.sealingKeys.noteDays(
        new Map([
          ['828e2ad3', 9_998],
          ['ffffffff', 5],
        ]),
      );
      await store.sealingKeys.noteDays(new Map());
      expect(await store.sealingKeys.lastDays()).toEqual(
        new Map([
          ['828e2ad3', 10_000],
          ['00000000', 20_000],
          ['ffffffff', 5],
        ]),
      );
    });
  });

  describe(`the ${name} store`, () => {
    it('says that it can write', async () => {
      await store.ping();
    });

    it('may be closed twice', async () => {
      await store.close();
      await store.close();
    });
  });
}

/** Replaces digests by text, so that a `Buffer` and a `Uint8Array` with the same bytes are equal. */
function plain(key: ApiKeyRecord | undefined): unknown {
  return (
    key && { ...key, secrets: key.secrets.map((secret) => ({ ...secret, digest: Buffer.from(secret.digest).toString('hex') })) }
  );
}
