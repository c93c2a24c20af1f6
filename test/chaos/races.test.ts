/** A thousand callers at once: a code is accepted once, and no more codes are judged than there are free attempts. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stepAt } from '../../src/otp/totp.ts';
import type { Outcome } from './caller.ts';
import {
  around,
  type Cluster,
  eachShape,
  FOUR_ON_REDIS,
  FOUR_ON_SQLITE,
  ONE_PROCESS,
  type Shape,
  startCluster,
} from './cluster.ts';
import { answersOf, arrived, send, sendAll, tally } from './crowd.ts';
import { nextRandom, progress, type Random, randomOf, size } from './form.ts';
import { codeOf, hotpKey, requestOf, type TestKey, totpKey, type VerifyInit, wrongCode } from './keys.ts';
import { type Stalls, watchStalls } from './stalls.ts';

const CROWD = 1000;
/** The number of crowds, each with its own seed: crowds of a thousand, and smaller crowds. */
const CROWDS = size(1, 100);
const SMALL_CROWDS = 100;
const SMALL_CROWD = size(8, 40);
const GUESSING_CROWDS = size(2, 10);
const GUESSERS = size(300, 1000);
const REPEATERS = size(300, 1000);
/** A store answers UNAVAILABLE after at least 200 ms. A control thread that was delayed for a quarter of that shows that the whole machine paused. */
const STALL_MS = 50;
const TIMEOUT = size(30_000, 600_000);

function crowdOf(count: number, request: VerifyInit): VerifyInit[] {
  return Array<VerifyInit>(count).fill(request);
}

/** Returns a HOTP or TOTP key, and any of its steps except the first. */
function anyKey(random: Random): { key: TestKey; step: number } {
  const key = random.chance(0.5) ? hotpKey(random) : totpKey(random);
  return { key, step: key.first + 1 + random.below(key.last - key.first) };
}

eachShape('a crowd', [ONE_PROCESS, FOUR_ON_SQLITE, FOUR_ON_REDIS], (shape) => {
  let cluster: Cluster;
  let stalls: Stalls;
  beforeAll(async () => {
    cluster = await startCluster(shape, randomOf(1), { connections: Math.ceil(12 / shape.instances) });
    stalls = watchStalls(cluster);
  });
  afterAll(async () => {
    await stalls[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  test(
    `with one right code is accepted once: ${SMALL_CROWDS} of ${SMALL_CROWD}, ${CROWDS} of ${CROWD}`,
    async () => {
      let heard = 0;
      const crowds = [...Array<number>(SMALL_CROWDS).fill(SMALL_CROWD), ...Array<number>(CROWDS).fill(CROWD)];
      for (const [place, count] of crowds.entries()) {
        progress(`crowds, ${shape.name}`, place, crowds.length);
        const random = nextRandom();
        const { key, step } = anyKey(random);
        stalls.reset();
        const answers = tally(await sendAll(cluster, crowdOf(count, requestOf(key, codeOf(key, step)))));
        if (answers.unknown === undefined) {
          expect(answers).toEqual({ accepted: 1, replayed: count - 1 });
          heard += 1;
        } else {
          // An answer may be missing only after a pause of the machine, and may be the answer that accepted the code.
          expect(stalls.longestMs()).toBeGreaterThan(STALL_MS);
          const { accepted = 0, replayed = 0, unknown, ...others } = answers;
          expect(others).toEqual({});
          expect(accepted).toBeLessThanOrEqual(1);
          expect(accepted + replayed + unknown).toBe(count);
        }
      }
      expect(heard).toBeGreaterThan(crowds.length / 2);
    },
    TIMEOUT,
  );

  test(
    'with one request id is one request',
    async () => {
      const random = nextRandom();
      const { key, step } = anyKey(random);
      const request = requestOf(key, codeOf(key, step), { requestId: random.uuid() });
      const { instances, apiKeys } = cluster;
      const answers = await Promise.all(
        crowdOf(REPEATERS, request).map((one, place) => around(instances, place).caller.verify(one, around(apiKeys, 0))),
      );
      const heard = answers.filter(({ outcome }) => outcome !== 'unknown');
      expect(heard.length).toBeGreaterThan(1);
      expect(tally(heard)).toEqual({ accepted: heard.length });
      expect(new Set(heard.map(({ text }) => text)).size).toBe(1);
    },
    TIMEOUT,
  );

  test(
    `of guesses gets five judgements, and an acceptance at most once: ${GUESSING_CROWDS} of ${GUESSERS}`,
    async () => {
      for (let left = GUESSING_CROWDS; left > 0; left -= 1) {
        progress(`guessing crowds, ${shape.name}`, GUESSING_CROWDS - left, GUESSING_CROWDS);
        const random = nextRandom();
        const { key, step } = anyKey(random);
        const right = requestOf(key, codeOf(key, step));
        const guesses = Array.from({ length: GUESSERS }, () => requestOf(key, wrongCode(key, random)));
        // As an early call, the right code is in time; in the middle, the five attempts are used up.
        guesses[left % 2 === 0 ? 0 : GUESSERS / 2] = right;
        const { mismatch = 0, accepted = 0, throttled = 0, unknown = 0, ...others } = tally(await sendAll(cluster, guesses));
        expect(others).toEqual({});
        expect(throttled).toBeGreaterThan(0);
        expect(accepted).toBeLessThanOrEqual(1);
        // If the right code was accepted, at most four wrong codes were judged before it and five after it.
        expect(mismatch).toBeLessThanOrEqual(accepted === 0 ? 5 : 4 + 5);
        expect(mismatch + unknown).toBeGreaterThanOrEqual(5);
        expect(await answersOf(cluster, crowdOf(20, right)).then(tally)).toEqual({ throttled: 20 });
      }
    },
    TIMEOUT,
  );

  test(
    'of guesses gets five judgements, even if an instance is killed in the middle and returns',
    async () => {
      const random = nextRandom();
      const key = totpKey(random);
      const guesses = () => Array.from({ length: GUESSERS }, () => requestOf(key, wrongCode(key, random)));
      const victim = around(cluster.instances, random.below(cluster.instances.length));
      const crowd = send(cluster, guesses());
      await arrived(crowd, GUESSERS / 10);
      await victim.kill();
      await victim.start();
      const later = await sendAll(cluster, guesses());
      const { mismatch = 0, throttled = 0, unknown = 0, ...others } = tally([...(await Promise.all(crowd)), ...later]);
      expect(others).toEqual({});
      expect(mismatch).toBeLessThanOrEqual(5);
      expect(mismatch + unknown).toBeGreaterThanOrEqual(5);
      expect(throttled).toBeGreaterThan(0);
    },
    TIMEOUT,
  );

  test(
    'is never let back: a later step, then an earlier one',
    async () => {
      const random = nextRandom();
      const key = totpKey(random);
      const now = stepAt(Date.now(), key.period);
      const sent: readonly (readonly [step: number, outcome: Outcome])[] = [
        [now + 1, 'accepted'],
        [now, 'replayed'],
        [now - 1, 'replayed'],
        [now + 1, 'replayed'],
        [now + 2, 'accepted'],
      ];
      for (const [step, outcome] of sent) {
        const count = outcome === 'accepted' ? 1 : 40;
        expect(tally(await answersOf(cluster, crowdOf(count, requestOf(key, codeOf(key, step)))))).toEqual({ [outcome]: count });
      }
    },
    TIMEOUT,
  );
});

const SKEWED: readonly Shape[] = [
  { name: 'with one SQLite file', store: 'sqlite', instances: 2 },
  { name: 'with one Redis', store: 'redis', instances: 2 },
];

eachShape('two instances whose clocks are 30 s off, one each way,', SKEWED, (shape) => {
  test('accept each step once, and none after a later one', async () => {
    const random = nextRandom();
    await using cluster = await startCluster(shape, random, { skewMs: [-30_000, 30_000] });
    const key = totpKey(random, 30);
    // The outermost steps of the key are in the window of only one instance.
    const steps = Array.from({ length: 8 }, (_, place) => key.first + 4 + place);
    const drifts: number[] = [];
    for (const step of steps) {
      const answers = await answersOf(cluster, crowdOf(12, requestOf(key, codeOf(key, step))));
      expect(tally(answers)).toEqual({ accepted: 1, replayed: 11 });
      drifts.push(...answers.map(({ text }) => Number(JSON.parse(text).driftSteps ?? 0) - step));
    }
    // The instances do have different times.
    expect(Math.max(...drifts) - Math.min(...drifts)).toBeGreaterThanOrEqual(2);
    for (const step of steps.toReversed()) {
      expect(await answersOf(cluster, crowdOf(12, requestOf(key, codeOf(key, step)))).then(tally)).toEqual({ replayed: 12 });
    }
  });
});
