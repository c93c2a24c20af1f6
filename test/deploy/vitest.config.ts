import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** `npm run test:deploy`: not every machine has the tools that `scripts/deploy-tools` installs, and the Debian packages that the image needs. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/deploy/*.test.ts'],
    // Includes the build of an image with its packages.
    hookTimeout: 900_000,
    testTimeout: 120_000,
  },
});

export default config;
