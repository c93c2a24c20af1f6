/**
 * Writes `npm-shrinkwrap.json`, with which an installation of the package gets the tested versions. With `--remove` removes the file, which in a
 * checkout would replace `package-lock.json` but lacks the development dependencies.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
}

interface Lock {
  readonly packages: Readonly<Record<string, Locked>>;
}

const root = new URL('../', import.meta.url);
const target = new URL('npm-shrinkwrap.json', root);

if (process.argv[2] === '--remove') rmSync(target, { force: true });
else writeFileSync(target, `${JSON.stringify(shrinkwrap(), undefined, 2)}\n`);

/** Returns the lock file without development dependencies. Throws for a package without a hash, and for a package with an address. */
function shrinkwrap(): Lock {
  const lock = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8')) as Lock;
  const { '': self, ...packages } = lock.packages;
  const kept = Object.entries(packages).filter(([, { dev }]) => dev !== true);
  for (const [path, { integrity, resolved }] of kept) {
    if (integrity === undefined) throw new Error(`${path} has no hash in package-lock.json: install it anew`);
    if (resolved !== undefined)
      throw new Error(`${path} has an address in package-lock.json: see omit-lockfile-registry-resolved`);
  }
  return { ...lock, packages: { '': { ...self, devDependencies: undefined } as never, ...Object.fromEntries(kept) } };
}
