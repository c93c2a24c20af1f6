import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/site/*.test.ts'],
    testTimeout: 120_000,
    // The site is built first.
    hookTimeout: 120_000,
  },
});

export default config;
