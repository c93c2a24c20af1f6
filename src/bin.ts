#!/usr/bin/env node
/** The entry of the installed package: says what to do on a Node that is too old for the rest, with nothing that an old Node lacks. */

const OLDEST_NODE = 24; // As `engines` in package.json.

if (Number.parseInt(process.versions.node, 10) >= OLDEST_NODE) {
  await import('./main.js' as string);
} else {
  process.stderr.write(
    `error: otpd needs Node ${OLDEST_NODE} or newer, and this is Node ${process.versions.node}: install a newer one from nodejs.org or by your package manager\n`,
  );
  process.exitCode = 2;
}

export {};
