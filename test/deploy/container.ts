/**
 * Runs a container of the image by runc as a strict host would: without capabilities and privileges, and with a read-only file system except for
 * mounts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Image } from './image.ts';
import { type Outcome, outcomeOf, tool } from './tools.ts';

export interface ContainerOptions {
  /** The arguments, instead of those of the image. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The folders and files of this machine, with their places in the container; `rw` or `ro`. */
  readonly mounts?: readonly { readonly from: string; readonly to: string; readonly mode: 'rw' | 'ro' }[];
  /** The user id; by default that of the image. */
  readonly uid?: number;
  readonly groups?: readonly number[];
  /** A seccomp profile in the form of runc. */
  readonly seccomp?: object;
  /** The mount options of /proc. */
  readonly procOptions?: readonly string[];
  /** Whether the root is writable; read-only by default. */
  readonly writableRoot?: boolean;
}

export interface Container extends AsyncDisposable {
  /** The output so far. */
  readonly said: { out: string; err: string };
  /** Resolves to the text after `prefix` in a line of the output; rejects if the container ends before. */
  readonly line: (prefix: string) => Promise<string>;
  /** Runs a command in the container. */
  readonly exec: (...args: readonly string[]) => Outcome;
  /** Returns the status of the first process from the kernel. */
  readonly status: () => string;
  readonly kill: (signal: string) => void;
  /** Resolves to the exit code. */
  readonly ended: Promise<number | null>;
}

const TYPE = { proc: { type: 'proc', source: 'proc' }, dev: { type: 'tmpfs', source: 'tmpfs' } } as const;
/** The paths that Docker and containerd hide. */
const MASKED = ['/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/sched_debug'];
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Starts a container, which shares the network of this machine. */
export function startContainer(image: Image, options: ContainerOptions = {}): Container {
  const bundle = mkdtempSync(join(tmpdir(), 'otpd-bundle-'));
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(bundleConfig(image, options)));
  const id = `otpd-${randomBytes(6).toString('hex')}`;
  const state = ['--root', join(bundle, 'state')];
  const child = spawn(tool.runc, [...state, 'run', '--bundle', bundle, id], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = listen(child);
  const runc = (...args: readonly string[]): Outcome => outcomeOf(tool.runc, [...state, ...args]);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    said,
    line: (prefix) => lineOf(said, prefix, child),
    exec: (...args) => runc('exec', id, ...args),
    status: () => readFileSync(`/proc/${JSON.parse(runc('state', id).out).pid}/status`, 'utf8'),
    kill: (signal) => void runc('kill', id, signal),
    ended,
    async [Symbol.asyncDispose]() {
      runc('delete', '--force', id);
      await ended;
      rmSync(bundle, { recursive: true, force: true });
    },
  };
}

function bundleConfig({ config, root }: Image, options: ContainerOptions): object {
  const [uid = 0, gid = 0] = config.User.split(':').map(Number);
  const env = { ...Object.fromEntries(config.Env.map((text) => text.split(/=(.*)/s))), ...options.env };
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: options.uid ?? uid, gid: options.uid === undefined ? gid : 0, additionalGids: options.groups ?? [] },
      args: [...config.Entrypoint, ...(options.args ?? config.Cmd)],
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      cwd: '/',
      capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
      noNewPrivileges: true,
    },
    root: { path: root, readonly: options.writableRoot !== true },
    mounts: [
      { destination: '/proc', ...TYPE.proc, options: ['nosuid', 'noexec', 'nodev', ...(options.procOptions ?? [])] },
      { destination: '/dev', ...TYPE.dev, options: ['nosuid', 'strictatime', 'mode=755', 'size=64k'] },
      ...(options.mounts ?? []).map(({ from, to, mode }) => ({
        destination: to,
        type: 'bind',
        source: from,
        options: ['bind', 'nosuid', 'nodev', 'noexec', mode],
      })),
    ],
    linux: {
      // Without a network namespace, since the tests call the container over loopback.
      namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })),
      maskedPaths: options.procOptions === undefined ? MASKED : [],
      readonlyPaths: options.procOptions === undefined ? READ_ONLY : [],
      ...(options.seccomp !== undefined && { seccomp: options.seccomp }),
    },
  };
}

function listen(child: ChildProcess): { out: string; err: string } {
  const said = { out: '', err: '' };
  child.stdout?.on('data', (text) => {
    said.out += text;
  });
  child.stderr?.on('data', (text) => {
    said.err += text;
  });
  return said;
}

function lineOf(said: { out: string; err: string }, prefix: string, child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const lines = said.out.split('\n').slice(0, -1);
      const found = lines.find((text) => text.startsWith(prefix));
      if (found !== undefined) resolve(found.slice(prefix.length));
    };
    child.stdout?.on('data', look);
    child.once('close', (code) => reject(new Error(`the container ended with ${code}:\n${said.out}${said.err}`)));
    look();
  });
}
