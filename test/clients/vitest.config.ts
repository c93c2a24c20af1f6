import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/clients/{clients,debugging,examples,programs}.test.ts'],
    // The files run one after the other, since compilers need the whole machine.
    fileParallelism: false,
    testTimeout: 300_000,
    // A missing tool is built first.
    hookTimeout: 300_000,
  },
});

export default config;
