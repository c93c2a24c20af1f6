import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Suites that hold servers to a time, or take all of the machine: what runs beside them would be measured too. */
const ALONE = [
  'test/chaos/{backup,held-up,history,kill,outages,races,retries,rolling,rules}.test.ts',
  'test/wire/{reflection,shutdown,strangers}.test.ts',
  'test/workers/*.test.ts',
  'test/store/{codes-sqlite,many-keys,redis-faults,sqlite-faults,sqlite-queue}.test.ts',
];
/** `npm run test:clients` needs the tools of other languages, and `npm run test:page` a browser. */
const ELSEWHERE = ['test/clients/{clients,debugging,programs}.test.ts', 'test/page/*.test.ts'];

const config: ViteUserConfig = defineConfig({
  test: {
    // Real servers and processes on a busy machine take their time.
    testTimeout: 30_000,
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
      { extends: true, test: { name: 'alone', include: ALONE, fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
});

export default config;
