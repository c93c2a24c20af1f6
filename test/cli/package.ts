/** Makes the package by `npm pack` from a copy of the sources, and runs a local registry that has it as if it were published. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PACKED_FROM = [
  'src',
  'gen/ts',
  'clients/typescript/src',
  'gen/openapi.json',
  'gen/openapi-rest.json',
  'web',
  'proto',
  'scripts',
  'man',
  'package.json',
  'package-lock.json',
  '.npmrc',
  '.gitignore',
];
const DOCUMENTS = ['README.md', 'CHANGELOG.md', 'LICENSE', 'tsconfig.json', 'tsconfig.build.json'];

/** Runs npm in `folder`. It does not download a package twice. */
export async function npm(folder: string, ...args: string[]): Promise<string> {
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  return (await run('npm', [...args, ...quiet], { cwd: folder })).stdout;
}

/** Packs the product below `folder`; resolves to the path of the tarball. */
export async function pack(folder: string): Promise<string> {
  const copy = join(folder, 'sources');
  mkdirSync(copy);
  for (const name of [...PACKED_FROM, ...DOCUMENTS]) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  await npm(copy, 'pack', '--pack-destination', folder);
  const { name, version } = manifest(join(copy, 'package.json'));
  return join(folder, `${name}-${version}.tgz`);
}

/** Unpacks a tarball into the new folder `target`. */
export async function unpack(tarball: string, target: string): Promise<void> {
  mkdirSync(target);
  await run('tar', ['xzf', tarball, '-C', target, '--strip-components=1']);
}

/** A `package.json`. */
export function manifest(file: string): {
  readonly name: string;
  readonly version: string;
  readonly engines?: Readonly<Record<string, string>>;
} {
  return JSON.parse(readFileSync(file, 'utf8'));
}

export interface Registry extends AsyncDisposable {
  readonly url: string;
}

/** Starts a registry with this package, marked as registries mark a package with a shrinkwrap. Forwards all other requests. */
export async function startRegistry(tarball: string, packageFolder: string): Promise<Registry> {
  const others = (await npm(packageFolder, 'config', 'get', 'registry')).trim();
  const bytes = readFileSync(tarball);
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const packed = manifest(join(packageFolder, 'package.json'));
  const { name, version } = packed;
  const server = createServer(({ url = '' }, answer) => {
    const dist = { tarball: `${address()}/${name}.tgz`, integrity };
    const versions = { [version]: { ...packed, _hasShrinkwrap: true, dist } };
    if (url === `/${name}`) answer.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
    else if (url === `/${name}.tgz`) answer.end(bytes);
    else answer.writeHead(302, { location: new URL(url.slice(1), others).href }).end();
  }).listen(0, '127.0.0.1');
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await once(server, 'listening');
  return { url: address(), [Symbol.asyncDispose]: async () => void server.close().closeAllConnections() };
}
