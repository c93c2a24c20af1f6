/** Builds the image from its Dockerfile by buildah, on a Debian that replaces the base image: no registry is used. */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { outcomeOf, ROOT, run, tool } from './tools.ts';

/** The configuration in the form of Docker. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Volumes: Readonly<Record<string, object>>;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

export interface Image extends Disposable {
  readonly config: ImageConfig;
  /** The folder with the files of the image. */
  readonly root: string;
}

const DOCKERFILE = 'deploy/Dockerfile';
const NAME = 'localhost/otpd';
/** The place of the authorities in the base image, as on most machines. */
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
/** overlay cannot be stacked on overlay. */
let driver: 'overlay' | 'vfs' | undefined;

function storage(): string[] {
  const place = ['--root', `${tool.storage}/graph`, '--runroot', `${tool.storage}/run`, '--storage-driver'];
  driver ??= outcomeOf(tool.buildah, [...place, 'overlay', 'info']).code === 0 ? 'overlay' : 'vfs';
  return [...place, driver];
}

const buildah = (...args: readonly string[]): string => run(tool.buildah, [...storage(), ...args]).trim();

/** Builds the image as `docker build` would with these arguments, and mounts it. */
export function buildImage(args: readonly string[]): Image {
  buildBase(baseOf(readFileSync(join(ROOT, DOCKERFILE), 'utf8')));
  const cache = `${homedir()}/.npm`;
  mkdirSync(cache, { recursive: true });
  buildah(
    'bud',
    ...['--isolation', 'chroot', '--pull-never', '--format', 'docker'],
    // Uses earlier builds and downloads again.
    '--layers',
    ...['--volume', `${cache}:/root/.npm`],
    ...args,
  );
  const container = buildah('from', '--pull-never', NAME);
  const config = JSON.parse(buildah('inspect', '--type', 'image', NAME)).Docker.config;
  return {
    config,
    root: buildah('mount', container),
    [Symbol.dispose]: () => void buildah('rm', container),
  };
}

/** Returns the only base image of the Dockerfile. */
function baseOf(dockerfile: string): string {
  const [, tag] = /^ARG NODE=(\S+)$/m.exec(dockerfile) ?? [];
  const bases = new Set([...dockerfile.matchAll(/^FROM (?!scratch)(\S+)/gm)].map(([, name]) => name));
  if (tag === undefined || bases.size !== 1) throw new Error(`${DOCKERFILE} builds from ${[...bases].join(', ')}`);
  return String([...bases][0]).replace('$NODE', tag);
}

/** Makes the replacement of Node's image: Debian with Node and npm below /usr/local. It is kept for the next run. */
function buildBase(name: string): void {
  if (outcomeOf(tool.buildah, [...storage(), 'inspect', '--type', 'image', name]).code === 0) return;
  const container = buildah('from', 'scratch');
  const root = buildah('mount', container);
  run('cp', ['--archive', `${tool.debian}/.`, root]);
  const node = `${root}/usr/local/bin/node`;
  cpSync(realpathSync(join(ROOT, 'node_modules/node/bin/node')), node);
  chmodSync(node, 0o755);
  const npm = dirname(dirname(realpathSync(run('sh', ['-c', 'command -v npm']).trim())));
  cpSync(npm, `${root}/usr/local/lib/node_modules/npm`, { recursive: true });
  run('ln', ['--symbolic', '../lib/node_modules/npm/bin/npm-cli.js', `${root}/usr/local/bin/npm`]);
  // With the certificates by which this machine reaches the registry.
  if (existsSync(AUTHORITIES)) cpSync(realpathSync(AUTHORITIES), `${root}${AUTHORITIES}`);
  if (existsSync(`${homedir()}/.npmrc`)) cpSync(`${homedir()}/.npmrc`, `${root}/root/.npmrc`);
  buildah('config', '--env', `NODE_EXTRA_CA_CERTS=${AUTHORITIES}`, container);
  buildah('commit', '--rm', container, name);
}
