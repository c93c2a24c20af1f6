#!/usr/bin/env node
/** The entry of the installed package. On a Node that is too old, it names the version to install; it uses only features that an old Node has. */

const OLDEST_NODE = '24.2'; // As `engines` in package.json.
const [oldest = 0, oldestMinor = 0] = OLDEST_NODE.split('.').map(Number);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > oldest || (major === oldest && minor >= oldestMinor)) {
  await import('./main.js' as string);
} else {
  process.stderr.write(
    `error: otpd needs Node ${OLDEST_NODE} or newer, and this is Node ${process.versions.node}: install a newer one from nodejs.org or by your package manager\n`,
  );
  process.exitCode = 2;
}

export {};
