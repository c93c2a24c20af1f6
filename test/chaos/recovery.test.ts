/** A thousand uses of the same recovery code at once, while everything is killed: one use is accepted. */
import { expect, test } from 'vitest';
import type { Answer, RecoveryInit } from './caller.ts';
import { around, type Cluster, eachShape, FOUR_ON_REDIS, FOUR_ON_SQLITE, ONE_PROCESS, startCluster } from './cluster.ts';
import { arrived, inTurns, tally, untilAnswered } from './crowd.ts';
import { nextRandom, size } from './form.ts';

const SHAPES = size([FOUR_ON_SQLITE, FOUR_ON_REDIS], [ONE_PROCESS, FOUR_ON_SQLITE, FOUR_ON_REDIS]);
const CROWD = 1000;
/** The number of concurrent calls after the restart. */
const WIDTH = 200;
const CONNECTIONS = 12;

function use({ instances, apiKeys }: Cluster, request: RecoveryInit, place: number): Promise<Answer> {
  // A request id belongs to its API key.
  return around(instances, place).caller.verifyRecoveryCode(request, around(apiKeys, 0));
}

/** Repeats a call until it is answered, each time by the next instance. */
function persist(cluster: Cluster, request: RecoveryInit, place: number): Promise<Answer> {
  return untilAnswered((tries) => use(cluster, request, place + tries));
}

async function killAll({ instances, redis }: Cluster): Promise<void> {
  await Promise.all([...instances.map((one) => one.kill()), redis?.kill()]);
  await redis?.restart();
  await Promise.all(instances.map((one) => one.start()));
}

eachShape('recovery codes', SHAPES, (shape) => {
  test(
    `of ${CROWD} uses of one code, through a SIGKILL of everything, one is accepted, and so are the others of its set once each`,
    async () => {
      const random = nextRandom();
      await using cluster = await startCluster(shape, random, { connections: CONNECTIONS / shape.instances });
      const { codes, set } = await around(cluster.instances, 0).caller.generateRecoveryCodes(around(cluster.apiKeys, 0));
      const requestFor = (code = '', requestId = ''): RecoveryInit => ({ set: { blob: set?.blob ?? '' }, code, requestId });

      const crowd = Array.from({ length: CROWD }, () => requestFor(codes[0], random.uuid()));
      const first = crowd.map((request, place) => use(cluster, request, place));
      await arrived(first, 1 + random.below(CROWD / 4));
      await killAll(cluster);
      const answers = await inTurns(crowd, WIDTH, async (request, place) => {
        const answer = await first[place];
        return answer === undefined || answer.outcome === 'unknown' ? persist(cluster, request, place + 1) : answer;
      });
      expect(tally(await Promise.all(first)).unknown ?? 0).toBeGreaterThan(0);
      expect(tally(answers)).toEqual({ accepted: 1, replayed: CROWD - 1 });

      // Each of the other codes is accepted once, so the state of the set is complete.
      const others = codes.flatMap((code) => [requestFor(code, random.uuid()), requestFor(code, random.uuid())]);
      const later = await inTurns(others, 1, (request, place) => persist(cluster, request, place));
      expect(tally(later)).toEqual({ accepted: 9, replayed: 11 });
    },
    size(90_000, 120_000),
  );
});
