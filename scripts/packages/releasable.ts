/**
 * `releasable.ts TAG REPOSITORY`: checks whether the packages may be published from this tag of this repository. Prints every obstacle, and exits
 * with 1 if there is one: a published package cannot be changed.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [tag = '', address = ''] = process.argv.slice(2);
const { version, repository } = JSON.parse(readFileSync('package.json', 'utf8'));
const sections = readFileSync('CHANGELOG.md', 'utf8').matchAll(/^## (\S+)/gm);
const identity = spawnSync('node', ['scripts/packages/identity.ts', '--check'], { encoding: 'utf8' });

const faults = [
  tag === `v${version}` ? '' : `the tag is ${tag}, and the version in package.json ${version}: tag v${version}`,
  [...sections].some(([, name]) => name === version) ? '' : `CHANGELOG.md has no section ${version}: name "Unreleased" so`,
  repository.url === `git+${address}.git`
    ? ''
    : `package.json says that the repository is ${repository.url}, and this is ${address}: set repository and bugs, and run node scripts/packages/identity.ts`,
  identity.status === 0 ? '' : identity.stderr.trimEnd(),
].filter((fault) => fault !== '');

process.stderr.write(faults.map((fault) => `${fault}\n`).join(''));
process.exitCode = faults.length === 0 ? 0 : 1;
