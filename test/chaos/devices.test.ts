/** Several devices of a user at two servers at once: a code passes once whichever device is named first, and guesses stay bounded for each secret. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { around, type Cluster, eachShape, type Shape, startCluster } from './cluster.ts';
import { sendAll, tally } from './crowd.ts';
import { nextRandom, randomOf, size } from './form.ts';
import { codeOf, hotpKey, requestOf, type TestKey, type VerifyInit, wrongCode } from './keys.ts';

const SHAPES: readonly Shape[] = [
  { name: 'with one SQLite file', store: 'sqlite', instances: 2 },
  { name: 'with one Redis', store: 'redis', instances: 2 },
];
const ROUNDS = size(20, 200);
const CROWD = 24;
const DEVICES = 3;
const GUESSES = 90;
const FREE_ATTEMPTS = 5;
const TIMEOUT = size(60_000, 600_000);

eachShape('the devices of a user at two servers', SHAPES, (shape) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(shape, randomOf(2), { connections: 3 });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  /** A check of the code with all devices, that of this place first. */
  function requestFrom(devices: readonly TestKey[], place: number, code: string): VerifyInit {
    const keys = devices.map((device) => requestOf(device, code).key ?? {});
    const alternatives = [1, 2].map((further) => around(keys, place + further));
    const [first] = devices;
    if (first === undefined) throw new Error('a user has devices');
    const { lookAhead = 0 } = requestOf(first, code);
    return { key: around(keys, place), alternatives, code, lookAhead };
  }

  test(
    'have a code accepted once, whichever of them is named first, and beside a call that names its device alone',
    async () => {
      let heard = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const random = nextRandom();
        const devices = Array.from({ length: DEVICES }, () => hotpKey(random));
        const own = around(devices, random.below(DEVICES));
        const code = codeOf(own, random.below(own.last));
        const requests = Array.from({ length: CROWD }, (_, place) =>
          place % 4 === 3 ? requestOf(own, code) : requestFrom(devices, place, code),
        );
        const { accepted = 0, replayed = 0, unknown = 0, ...others } = tally(await sendAll(cluster, requests));
        expect(others).toEqual({});
        expect(accepted).toBeLessThanOrEqual(1);
        expect(accepted + replayed + unknown).toBe(CROWD);
        // On a machine that stood still the answer that accepted may be missing.
        if (unknown > 0) continue;
        expect(accepted).toBe(1);
        heard += 1;
      }
      expect(heard).toBeGreaterThan(ROUNDS / 2);
    },
    TIMEOUT,
  );

  test(
    'are guessed at five times for each secret, and then closed, each by itself too',
    async () => {
      const random = nextRandom();
      const devices = Array.from({ length: DEVICES }, () => hotpKey(random));
      const guesses = Array.from({ length: GUESSES }, (_, place) =>
        requestFrom(devices, place, wrongCode(around(devices, place), random)),
      );
      const { mismatch = 0, throttled = 0, unknown = 0, ...others } = tally(await sendAll(cluster, guesses));
      expect(others).toEqual({});
      expect(mismatch).toBeLessThanOrEqual(FREE_ATTEMPTS * DEVICES);
      expect(mismatch + unknown).toBeGreaterThanOrEqual(FREE_ATTEMPTS);
      expect(throttled).toBeGreaterThan(0);
      for (const device of devices) {
        const right = requestOf(device, codeOf(device, 3));
        const answers = tally(await sendAll(cluster, Array(8).fill(right)));
        // A machine that stands still has no answer now and then.
        expect(answers.throttled).toBeGreaterThan(0);
        expect(answers).toEqual({ throttled: 8 - (answers.unknown ?? 0), ...(answers.unknown && { unknown: answers.unknown }) });
      }
    },
    TIMEOUT,
  );
});
