/**
 * Several devices of a user on two servers at once: a code passes once, whichever device comes first, and the guesses for each secret stay bounded.
 */
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

  /** Returns a check of the code against all devices, beginning with the device at this place. */
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
        // After a pause of the machine, the answer that accepted the code may be missing.
        if (unknown > 0) continue;
        expect(accepted).toBe(1);
        heard += 1;
      }
      expect(heard).toBeGreaterThan(ROUNDS / 2);
    },
    TIMEOUT,
  );

  test(
    'allow five guesses for each secret, and are then locked, also one by one',
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
        // After a pause of the machine, some answers may be missing.
        expect(answers.throttled).toBeGreaterThan(0);
        expect(answers).toEqual({ throttled: 8 - (answers.unknown ?? 0), ...(answers.unknown && { unknown: answers.unknown }) });
      }
    },
    TIMEOUT,
  );
});
