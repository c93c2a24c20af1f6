/** The operations of a worker, whose primary serves the door. */
import { expect, test } from 'vitest';
import { startOperations } from '../../src/app/operations.ts';
import type { Config } from '../../src/config/config.ts';
import { createLog } from '../../src/observability/log.ts';
import type { MetricValues } from '../../src/observability/metrics-page.ts';

test('a worker opens no door, and says in its log why its primary cannot have its metrics', async () => {
  const lines: string[] = [];
  const ready: boolean[] = [];
  let read: () => Promise<MetricValues | null> = () => Promise.reject(new Error('nothing is shared'));
  const { logger } = createLog('info', { write: (line) => void lines.push(line) }, 7);
  const config = { ops: { host: '127.0.0.1', port: 0, isDefault: false }, traces: false } as Config;
  const operations = await startOperations(config, {
    logger,
    primary: {
      ready: (isReady) => void ready.push(isReady),
      shareMetrics(shared) {
        read = shared;
      },
    },
  });
  expect(await operations.listen()).toBeUndefined();
  expect((await read())?.find(({ name }) => name === 'otpd_store_up')?.values).toEqual([
    { value: 1, labels: { backend: 'sqlite' } },
  ]);
  operations.setListening(true);
  operations.setStoreUp(false);
  expect(ready).toEqual([true, false]);
  operations.watch({
    openConnections: () => 0,
    openStreams: () => 0,
    sealingKeys: () => {
      throw new Error('a fault');
    },
  });
  expect(lines).toEqual([]);
  expect(await read()).toBeNull();
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 50, worker: 7, msg: 'the metrics cannot be read' }]);
  await operations.close();
});
