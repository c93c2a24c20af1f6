import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // `npm run test:clients`: they need the tools of other languages.
    exclude: ['test/clients/{clients,debugging}.test.ts'],
    // Most of the time is spent waiting for processes and clocks, not computing.
    maxWorkers: 3,
    // Real servers and processes on a busy machine: no test passes or fails by its time.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});

export default config;
