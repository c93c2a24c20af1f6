import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // `npm run test:clients`: they need the tools of other languages.
    exclude: ['test/clients/{clients,debugging}.test.ts'],
    // One a core: what waits for a process or a clock is not to be held up by its neighbours.
    maxWorkers: 2,
    // Servers are held to 300 ms in here. On a machine that something else keeps busy a second try may be needed; the report names it.
    retry: 1,
    // Real servers and processes on a busy machine take their time.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});

export default config;
