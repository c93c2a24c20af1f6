import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** `npm run test:deploy`: what `scripts/deploy-tools` installs, and what the image needs of Debian, is not on every machine. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/deploy/*.test.ts'],
    // An image is built, with its packages.
    hookTimeout: 900_000,
    testTimeout: 120_000,
  },
});

export default config;
