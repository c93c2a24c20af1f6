/** The installed package: its content, its dependencies, and the Node version that it requires. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { manifest, npm, pack, startRegistry, unpack } from './package.ts';
import { makeFolder } from './real.ts';

interface Lock {
  readonly packages: Readonly<Record<string, { version: string; integrity?: string; resolved?: string; dev?: boolean }>>;
}

const SLOW = 240_000;
/** Makes a new Node report the version of an old Node, since not every machine has an old one. */
const sayingItIs = (version: string): string =>
  `data:text/javascript,Object.defineProperty(process.versions, "node", { value: "${version}" })`;

let folder: string;
let tarball: string;
/** The folder with the content of the tarball. */
let unpacked: string;
/** The folder with the package and its dependencies, installed as the README describes. */
let installed: string;

beforeAll(async () => {
  folder = makeFolder();
  tarball = await pack(folder);
  unpacked = join(folder, 'unpacked');
  await unpack(tarball, unpacked);
  installed = join(folder, 'installed');
  await unpack(tarball, installed);
  await npm(installed, 'install', '--omit=dev', '--no-save');
}, SLOW);
afterAll(() => rmSync(folder, { recursive: true }), SLOW);

const readLock = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Lock;

function shrinkwrapped(): [path: string, Lock['packages'][string]][] {
  const { '': _, ...packages } = readLock(join(unpacked, 'npm-shrinkwrap.json')).packages;
  return Object.entries(packages);
}

/** Returns the packages below `place` with another version than in the shrinkwrap. */
function others(place: string): string[] {
  const versionAt = (path: string) => {
    const file = join(place, path, 'package.json');
    return existsSync(file) ? manifest(file).version : undefined;
  };
  return shrinkwrapped().flatMap(([path, { version }]) => (versionAt(path) === version ? [] : [path]));
}

/** Makes a project in a new folder. */
function makeProject(name: string): string {
  const project = join(folder, name);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private": true}');
  return project;
}

async function otpd(node: string, args: readonly string[]) {
  const child = spawn(node, args, { env: { PATH: process.env['PATH'] } });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, code };
}

test('it ships the versions and hashes of all that it needs, without addresses and development dependencies', () => {
  const lock = readLock(new URL('../../package-lock.json', import.meta.url).pathname);
  const needed = Object.keys(lock.packages).filter((path) => path !== '' && lock.packages[path]?.dev !== true);
  expect(shrinkwrapped().map(([path]) => path)).toEqual(needed);
  expect(needed).toContain('node_modules/@grpc/grpc-js');
  expect(needed).not.toContain('node_modules/node');
  for (const [path, locked] of shrinkwrapped()) {
    expect(locked, path).toMatchObject({ version: lock.packages[path]?.version, integrity: expect.stringMatching(/^sha512-/) });
    expect(locked, path).not.toHaveProperty('resolved');
  }
  expect(readLock(join(unpacked, 'npm-shrinkwrap.json')).packages['']).not.toHaveProperty('devDependencies');
  expect(existsSync(join(folder, 'sources', 'npm-shrinkwrap.json'))).toBe(false);
});

test('unpacked and installed as the README says, it takes exactly these versions, and no other hash', async () => {
  expect(others(installed)).toEqual([]);
  expect(readdirSync(join(installed, 'node_modules'))).not.toContain('typescript');

  const tampered = join(folder, 'tampered');
  await unpack(tarball, tampered);
  const file = join(tampered, 'npm-shrinkwrap.json');
  const { integrity = '' } = readLock(file).packages['node_modules/escalade'] ?? {};
  writeFileSync(file, readFileSync(file, 'utf8').replace(integrity, `sha512-${'A'.repeat(86)}==`));
  await expect(npm(tampered, 'install', '--omit=dev', '--no-save')).rejects.toThrow('EINTEGRITY');
}, 120_000);

test('installed from a registry it takes exactly these versions too', async () => {
  await using registry = await startRegistry(tarball, unpacked);
  const project = makeProject('from-registry');
  await npm(project, 'install', '--registry', registry.url, 'otpd');
  expect(others(join(project, 'node_modules', 'otpd'))).toEqual([]);
}, 120_000);

test('it brings no Node into a project', async () => {
  const project = makeProject('project');
  await npm(project, 'install', tarball);
  const commands = readdirSync(join(project, 'node_modules', '.bin'));
  expect(commands).toContain('otpd');
  expect(commands).not.toContain('node');
}, 120_000);

test('on an old Node it says in one line what to do', async () => {
  const main = join(installed, 'dist', 'src', 'bin.js');
  const line = /^error: otpd needs Node 24\.2 or newer, and this is Node \d+\.\d+\.\d+: install a newer one .*\n$/;
  for (const version of ['20.20.2', '24.1.0', '24.0.9']) {
    const told = await otpd(process.execPath, ['--import', sayingItIs(version), main, 'serve']);
    expect(told, version).toEqual({ code: 2, out: '', err: expect.stringMatching(line) });
  }
  // Versions are compared as numbers, and the requirement is that of `engines`.
  for (const version of [
    /[\d.]+/.exec(manifest(join(installed, 'package.json')).engines?.node ?? '')?.[0] ?? '',
    '24.10.0',
    '25.0.0',
  ]) {
    const told = await otpd(process.execPath, ['--import', sayingItIs(version), main, '--version']);
    expect(told, version).toMatchObject({ code: 0, err: '' });
  }
  // Every Node on this machine must be able to parse the file.
  const nodes = (process.env['PATH'] ?? '').split(delimiter).map((place) => join(place, 'node'));
  for (const node of nodes.filter((file) => existsSync(file))) {
    const [major = 0, minor = 0] = (await otpd(node, ['-p', 'process.versions.node'])).out.split('.').map(Number);
    if (major < 24 || (major === 24 && minor < 2))
      expect(await otpd(node, [main, 'serve'])).toEqual({ code: 2, out: '', err: expect.stringMatching(line) });
  }
});

test('on a Node that is new enough it serves until it is stopped', async () => {
  const args = ['serve', '--listen', '127.0.0.1:0', '--data-dir', join(folder, 'data')];
  const child = spawn(join(installed, 'dist', 'src', 'bin.js'), args, {
    env: { PATH: dirname(process.execPath) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const out = text(child.stdout);
  await once(child.stdout, 'readable');
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(0);
  expect(await out).toMatch(/^otpd listens on 127\.0\.0\.1:\d+;/);
});

test('it serves its page and its OpenAPI documents, which were made when it was packed', async () => {
  const args = ['serve', '--listen', '127.0.0.1:0', '--http-listen', '127.0.0.1:0', '--data-dir', join(folder, 'data')];
  const child = spawn(join(installed, 'dist', 'src', 'bin.js'), args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  try {
    await expect.poll(() => said, { timeout: 20_000 }).toMatch(/HTTP is served at \S+/);
    const url = /HTTP is served at (\S+)/.exec(said)?.[1];
    const page = await (await fetch(`${url}/`)).text();
    const script = await fetch(`${url}${/src="([^"]+)"/.exec(page)?.[1]}`);
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    for (const name of ['openapi.json', 'openapi-rest.json']) expect((await fetch(`${url}/${name}`)).status).toBe(200);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
});
