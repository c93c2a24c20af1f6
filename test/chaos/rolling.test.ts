/** Every instance is restarted under load, one after the other: with the standard retry policy of gRPC no call fails. */

import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Answer, createCaller } from './caller.ts';
import { eachShape, type Shape, startCluster } from './cluster.ts';
import { tally } from './crowd.ts';
import { nextRandom, progress, size } from './form.ts';
import { codeOf, hotpKey, requestOf } from './keys.ts';

const INSTANCES = size(2, 4);
const SHAPES: readonly Shape[] = [
  { name: `${INSTANCES} processes with one SQLite file`, store: 'sqlite', instances: INSTANCES },
  { name: `${INSTANCES} processes with one Redis`, store: 'redis', instances: INSTANCES },
];
const ROUNDS = size(1, 8);
const CALLERS = 20;
/** It restarts on until there are more of them: on a busy machine one round is few calls. */
const FEWEST_ANSWERS = 100;

/** The configuration of a client, as gRPC's documentation gives it (gRFC A6). */
const RETRY_POLICY = JSON.stringify({
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{ service: 'otp.v1.OtpService' }],
      retryPolicy: {
        maxAttempts: 5,
        initialBackoff: '0.1s',
        maxBackoff: '1s',
        backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
});

eachShape('a rolling restart', SHAPES, (shape) => {
  test(
    'fails no call and accepts each code once',
    async () => {
      const random = nextRandom();
      await using cluster = await startCluster(shape, random);
      const [apiKey = ''] = cluster.apiKeys;
      const addresses = cluster.instances.map(({ address }) => address).join(',');
      const caller = createCaller(`ipv4:${addresses}`, 4, { 'grpc.service_config': RETRY_POLICY });
      const answers: Answer[] = [];
      let isOver = false;
      const callers = Array.from({ length: CALLERS }, async () => {
        while (!isOver) {
          const key = hotpKey(random);
          const request = requestOf(key, codeOf(key, 1), { requestId: random.uuid() });
          answers.push(await caller.verify(request, apiKey));
          await pause(random.below(10));
        }
      });
      for (let round = 0; round < ROUNDS || answers.length <= FEWEST_ANSWERS; round += 1) {
        progress(`rounds of restarts, ${shape.name}`, round, ROUNDS);
        for (const one of cluster.instances) {
          expect(await one.stop()).toBe(0);
          await one.start();
        }
      }
      isOver = true;
      await Promise.all(callers);
      caller.close();
      expect(answers.length).toBeGreaterThan(FEWEST_ANSWERS);
      expect(tally(answers)).toEqual({ accepted: answers.length });
    },
    size(30_000, 600_000),
  );
});
