/** The last part of `npm ci` in a checkout: builds the page, and lets `npx otpd` find the program. */
import { symlinkSync } from 'node:fs';

// An installation for production has no vite, and serves no page.
const vite = await import('vite').catch(() => undefined);
await vite?.build({ root: 'web', logLevel: 'warn' });

try {
  symlinkSync('../../src/main.ts', 'node_modules/.bin/otpd');
} catch (error) {
  // It is there already, or this system has no such links: `npm run -s otpd --` does the same.
  if (error.code !== 'EEXIST' && process.platform !== 'win32') throw error;
}
