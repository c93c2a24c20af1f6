/** The image as its Dockerfile makes it, by buildah, on a Debian that stands for the image which it builds from: no registry is asked. */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { outcomeOf, ROOT, run, tool } from './tools.ts';

/** As Docker writes it down. */
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
  /** The folder of its files. */
  readonly root: string;
}

const DOCKERFILE = 'deploy/Dockerfile';
const NAME = 'localhost/otpd';
/** In the image that is built from, as on most machines. */
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
/** overlay does not lie upon overlay. */
let driver: 'overlay' | 'vfs' | undefined;

function storage(): string[] {
  const place = ['--root', `${tool.storage}/graph`, '--runroot', `${tool.storage}/run`, '--storage-driver'];
  driver ??= outcomeOf(tool.buildah, [...place, 'overlay', 'info']).code === 0 ? 'overlay' : 'vfs';
  return [...place, driver];
}

const buildah = (...args: readonly string[]): string => run(tool.buildah, [...storage(), ...args]).trim();

/** Builds the image as `docker build` would by these arguments, and mounts it. */
export function buildImage(args: readonly string[]): Image {
  buildBase(baseOf(readFileSync(join(ROOT, DOCKERFILE), 'utf8')));
  const cache = `${homedir()}/.npm`;
  mkdirSync(cache, { recursive: true });
  buildah(
    'bud',
    ...['--isolation', 'chroot', '--pull-never', '--format', 'docker'],
    // Whatever was built or downloaded before is used again.
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

/** The one image that the Dockerfile builds from. */
function baseOf(dockerfile: string): string {
  const [, tag] = /^ARG NODE=(\S+)$/m.exec(dockerfile) ?? [];
  const bases = new Set([...dockerfile.matchAll(/^FROM (?!scratch)(\S+)/gm)].map(([, name]) => name));
  if (tag === undefined || bases.size !== 1) throw new Error(`${DOCKERFILE} builds from ${[...bases].join(', ')}`);
  return String([...bases][0]).replace('$NODE', tag);
}

/** Makes the image that stands for Node's own: Debian with Node and npm below /usr/local. It is kept for the next time. */
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
  // How this machine reaches the registry.
  if (existsSync(AUTHORITIES)) cpSync(realpathSync(AUTHORITIES), `${root}${AUTHORITIES}`);
  if (existsSync(`${homedir()}/.npmrc`)) cpSync(`${homedir()}/.npmrc`, `${root}/root/.npmrc`);
  buildah('config', '--env', `NODE_EXTRA_CA_CERTS=${AUTHORITIES}`, container);
  buildah('commit', '--rm', container, name);
}
