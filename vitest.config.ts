import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Suites that hold servers to a time, or take all of the machine: what runs beside them would be measured too. */
const ALONE = [
  'test/chaos/{backup,backup-redis,balancing,batches,batching-clients,credits,devices,held-up,history,kill,outages,races,redis-cluster,redis-failover,retries,rolling,rules,upgrade}.test.ts',
  'test/wire/{reflection,shutdown,strangers}.test.ts',
  'test/workers/*.test.ts',
  'test/store/{codes-sqlite,many-keys,redis-faults,sqlite-faults,sqlite-queue}.test.ts',
  'test/store/{redis-cluster-moves,redis-sentinel}.test.ts',
];
/**
 * Suites that take minutes together: packages that are installed, 100,000 keys, processes that are replaced, races and faults under load. CI runs them with the others, and so does `npm run test:all`;
 * `npm test` on a small machine is then done within five minutes.
 */
const LONG = [
  'test/cli/{backup,first-key,package,store,terminal}.test.ts',
  'test/store/{many-keys,redis-access,redis-cluster-lost,redis-cluster-moves,redis-sentinel,redis-sets-contract}.test.ts',
  'test/chaos/{backup,backup-redis,balancing,batches,batching-clients,credits,devices,held-up,history,kill,outages,races,recovery,redis-cluster,redis-failover,retries,rolling,traces,upgrade}.test.ts',
  'test/wire/strangers.test.ts',
  'test/workers/{fault,life,shared}.test.ts',
];
const isNamed = process.argv.some((argument) => argument.startsWith('test/'));
const runsAll = process.env['CI'] === 'true' || process.env['OTPD_TESTS'] === 'all' || isNamed;
// Once, and not in each worker.
if (!runsAll && process.env['VITEST_WORKER_ID'] === undefined)
  process.stderr.write(`NOT RUN, since they are long (npm run test:all runs them too): ${LONG.join(', ')}\n`);

/**
 * `npm run test:clients` needs the tools of other languages, `npm run test:page` and `npm run test:site`
 * a browser, and `npm run test:deploy` root and more.
 */
const ELSEWHERE = [
  ...(runsAll ? [] : LONG),
  'test/clients/{clients,debugging,examples,programs}.test.ts',
  'test/{deploy,page,site}/*.test.ts',
];

const config: ViteUserConfig = defineConfig({
  test: {
    // Real servers and processes on a busy machine take their time.
    testTimeout: 30_000,
    // A second, the default, is too short for them. A test that holds something to a time says so.
    expect: { poll: { timeout: 15_000 } },
    // Servers that are started as processes would all want the default address.
    env: { OTPD_HTTP_LISTEN: 'off' },
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...ELSEWHERE, ...ALONE],
          // A worker more than a small machine has cores, since many tests wait: 287 s on two cores instead of 330.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, exclude: ELSEWHERE, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});

export default config;
