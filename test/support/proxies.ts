/** Starts real proxies in front of a server, each on a free port with a new folder. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { suiteUnless } from './needy-suite.ts';

/** The most tries for a free port, since another program may take a port first. */
const TRIES = 5;
const READY_MS = 10_000;

export const PROXIES = ['nginx', 'haproxy'] as const;
export type ProxyName = (typeof PROXIES)[number];

interface Program {
  /** The command that succeeds if the proxy is installed. */
  readonly version: readonly string[];
  /** Returns the command that runs the proxy in the foreground, with its configuration in `folder`. */
  readonly run: (folder: string) => readonly string[];
  readonly file: string;
  /** Returns the configuration of a gRPC proxy that appends the address of its caller to `x-forwarded-for`, as its manual describes. */
  readonly configuration: (folder: string, port: number, upstream: string) => string;
}

/** Returns the configuration of an nginx that runs in the foreground and keeps its files in `folder`. `http` is the content of its block `http`. */
export function nginxConfiguration(folder: string, http: string): string {
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
${http}
}
`;
}

const PROGRAMS: Readonly<Record<ProxyName, Program>> = {
  nginx: {
    version: ['nginx', '-v'],
    run: (folder) => ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
    file: 'nginx.conf',
    configuration: (folder, port, upstream) =>
      nginxConfiguration(
        folder,
        `
  server {
    listen 127.0.0.1:${port} http2;
    location / {
      grpc_pass grpc://${upstream};
      grpc_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }`,
      ),
  },
  haproxy: {
    version: ['haproxy', '-v'],
    run: (folder) => ['haproxy', '-db', '-f', join(folder, 'haproxy.cfg')],
    file: 'haproxy.cfg',
    configuration: (_, port, upstream) => `
defaults
  mode http
  option forwardfor
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend callers
  bind 127.0.0.1:${port} proto h2
  default_backend otpd
backend otpd
  server one ${upstream} proto h2
`,
  },
};

export interface Proxy {
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** No proxy outlives the tests, however they end. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** A suite that needs a proxy. */
export function proxySuite(name: ProxyName, suite: () => void): void {
  const [program = '', ...args] = PROGRAMS[name].version;
  const isInstalled = spawnSync(program, args).status === 0;
  suiteUnless(isInstalled ? undefined : `${name} is not installed`, `behind ${name}`, suite);
}

/** Starts a proxy in front of `upstream` (`host:port`), with the configuration `other` if it is set, and the gRPC configuration otherwise. */
export async function startProxy(name: ProxyName, upstream: string, other?: Program['configuration']): Promise<Proxy> {
  const { run, file, configuration } = PROGRAMS[name];
  const folder = mkdtempSync(join(tmpdir(), `otpd-${name}-`));
  for (let left = TRIES; left > 0; left -= 1) {
    const port = await freePort();
    writeFileSync(join(folder, file), (other ?? configuration)(folder, port, upstream));
    const [program = '', ...args] = run(folder);
    const child = spawn(program, args, { stdio: 'ignore' });
    children.add(child);
    child.once('exit', () => children.delete(child));
    if (!(await listens(child, port))) continue;
    return {
      address: `127.0.0.1:${port}`,
      async stop() {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        rmSync(folder, { recursive: true, force: true });
      },
    };
  }
  throw new Error(`${name} does not start: see what it says of the configuration in ${folder}`);
}

/** Resolves to true when the proxy accepts connections, and to false if it ends before. */
async function listens(child: ChildProcess, port: number): Promise<boolean> {
  const until = performance.now() + READY_MS;
  while (child.exitCode === null && performance.now() < until) {
    const socket = connect(port, '127.0.0.1');
    const isConnected = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isConnected) return true;
    await sleep(20);
  }
  child.kill('SIGKILL');
  return false;
}
