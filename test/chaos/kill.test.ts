/** The servers and Redis are killed during calls: nothing that was acknowledged is lost. */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Answer } from './caller.ts';
import { around, type Cluster, eachShape, FOUR_ON_REDIS, FOUR_ON_SQLITE, ONE_PROCESS, startCluster } from './cluster.ts';
import { arrived, inTurns, tally, untilAnswered } from './crowd.ts';
import { nextRandom, progress, type Random, size } from './form.ts';
import { codeOf, hotpKey, requestOf, type TestKey, type VerifyInit, wrongCode } from './keys.ts';
import { canariesOf, findCanaries } from './search.ts';

const SHAPES = size([ONE_PROCESS, FOUR_ON_REDIS], [ONE_PROCESS, FOUR_ON_SQLITE, FOUR_ON_REDIS]);
const COUNT = size(600, 10_000);
const CONNECTIONS = 12;
/** The number of concurrent calls in the check. */
const WIDTH = 200;
const CANARIES = 200;

interface Planned {
  readonly request: VerifyInit;
  /** The same code without a request id; undefined for a wrong code. */
  readonly bare: VerifyInit | undefined;
  readonly key: TestKey;
  readonly code: string;
}

/** Plans a call with a new key; one call in five has a wrong code. */
function plan(random: Random): Planned {
  const key = hotpKey(random);
  const isRight = random.chance(0.8);
  const code = isRight ? codeOf(key, random.below(key.last)) : wrongCode(key, random);
  const request = requestOf(key, code, { requestId: random.uuid() });
  return { request, bare: isRight ? requestOf(key, code) : undefined, key, code };
}

function verify({ instances, apiKeys: [apiKey = ''] }: Cluster, request: VerifyInit, place: number): Promise<Answer> {
  return around(instances, place).caller.verify(request, apiKey);
}

/** Repeats a call until it is answered, each time by the next instance. */
function persist(cluster: Cluster, request: VerifyInit, place: number): Promise<Answer> {
  return untilAnswered((tries) => verify(cluster, request, place + tries));
}

async function killAll({ instances, redis }: Cluster): Promise<void> {
  await Promise.all([...instances.map((one) => one.kill()), redis?.kill()]);
  await redis?.restart();
  await Promise.all(instances.map((one) => one.start()));
}

/**
 * Sends half of the calls. When half of these are answered, sends the rest and kills everything, so that calls are in progress however fast the
 * server is.
 */
async function sendAndKill(cluster: Cluster, planned: readonly Planned[], random: Random): Promise<Answer[]> {
  const half = planned.length / 2;
  const answers = planned.slice(0, half).map(({ request }, place) => verify(cluster, request, place));
  await arrived(answers, half / 2);
  answers.push(...planned.slice(half).map(({ request }, place) => verify(cluster, request, half + place)));
  await pause(random.below(20));
  await killAll(cluster);
  return Promise.all(answers);
}

eachShape('a SIGKILL', SHAPES, (shape) => {
  test(
    `in the middle of ${COUNT} Verifies loses nothing that was acknowledged, and lets no code pass twice`,
    async () => {
      const random = nextRandom();
      await using cluster = await startCluster(shape, random, { connections: CONNECTIONS / shape.instances });
      const planned = Array.from({ length: COUNT }, () => plan(random));
      const first = await sendAndKill(cluster, planned, random);
      const { accepted = 0, mismatch = 0, unknown = 0, ...others } = tally(first);
      expect(others).toEqual({});
      expect(Math.min(accepted, mismatch, unknown)).toBeGreaterThan(0);

      const again = await inTurns(planned, WIDTH, ({ request }, place) => {
        progress(`repeats after the kill, ${shape.name}`, place, COUNT);
        return persist(cluster, request, place);
      });
      const changed = again.filter((answer, place) => first[place]?.outcome !== 'unknown' && answer.text !== first[place]?.text);
      expect(changed).toEqual([]);
      const right = planned.flatMap(({ bare }) => bare ?? []);
      expect(tally(again)).toEqual({ accepted: right.length, mismatch: COUNT - right.length });
      expect(tally(await inTurns(right, WIDTH, (bare, place) => persist(cluster, bare, place)))).toEqual({
        replayed: right.length,
      });

      const some = planned.slice(0, CANARIES);
      const canaries = canariesOf(
        cluster,
        some.map(({ key }) => key),
        some.map(({ code }) => code),
      );
      // The files are searched in use, including the write-ahead log, and after the end.
      expect(findCanaries(cluster, canaries)).toEqual([]);
      for (const one of cluster.instances) expect(await one.stop()).toBe(0);
      if (shape.store === 'sqlite') expectWhole(cluster);
      expect(findCanaries(cluster, canaries)).toEqual([]);
    },
    size(30_000, 600_000),
  );
});

function expectWhole({ databaseFile }: Cluster): void {
  const database = new DatabaseSync(databaseFile, { readOnly: true });
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  database.close();
}
