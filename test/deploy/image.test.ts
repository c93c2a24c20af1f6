/** The image: its build, its content, and how it runs with the least rights. */
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { ensureRingFile } from '../../src/app/ring-file.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { suiteUnless } from '../support/needy-suite.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { type Container, type ContainerOptions, startContainer } from './container.ts';
import { blockWith, type Call, runBlock, valuesOf } from './documents.ts';
import { buildImage, type Image } from './image.ts';
import { missing, outcomeOf, run, tool } from './tools.ts';
import { unitFilter } from './unit-filter.ts';

const README = 'deploy/README.md';
const DATA = '/var/lib/otpd';
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

test('the Dockerfile builds from the Node that the project is tested with', () => {
  expect(readFileSync('deploy/Dockerfile', 'utf8')).toContain(`\nARG NODE=${manifest.devDependencies.node}-bookworm-slim\n`);
});

suiteUnless(missing(tool.hadolint), 'the Dockerfile by hadolint', () => {
  test('it has nothing to say', () => {
    expect(outcomeOf(tool.hadolint, ['deploy/Dockerfile'])).toEqual({ code: 0, out: '', err: '' });
  });
});

/** A group that does not exist on this machine. */
const GROUP = 4321;

/** Makes a key on the first server, and checks its code on each server in turn. */
async function verdicts(addresses: readonly string[], apiKey: string): Promise<(VerifyStatus | undefined)[]> {
  const clients = addresses.map((address) => createTestClient(address, apiKey));
  const { response: made } = await (clients[0] as TestClient).call(methods.generate, { issuer: 'ACME', accountName: 'alice' });
  const request = { key: { source: { case: 'secret' as const, value: made?.secret ?? '' } }, code: made?.token?.code ?? '' };
  const found: (VerifyStatus | undefined)[] = [];
  for (const client of clients) found.push((await client.call(methods.verify, request)).response?.status);
  for (const client of clients) client.close();
  return found;
}

/** Returns the lines of the log from level warn on. */
function warningsOf({ said }: Container): string[] {
  return said.err.split('\n').filter((line) => /"level":[456]0/.test(line));
}

/** Writes files to a folder as a cluster provides them: owned by root, and readable for a group. */
function makeSecrets(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

function shareWithGroup(folder: string): void {
  chmodSync(folder, 0o750);
  chownSync(folder, 0, GROUP);
  for (const name of readdirSync(folder)) {
    chmodSync(join(folder, name), 0o440);
    chownSync(join(folder, name), 0, GROUP);
  }
}

const noRoot = process.getuid?.() === 0 ? undefined : 'this is not root';

suiteUnless(missing(tool.buildah, tool.runc, tool.debian) ?? noRoot, 'the image', () => {
  let image: Image;
  let data: string;

  beforeAll(() => {
    const [[, command, ...args] = ['']] = runBlock(blockWith(README, 'docker build'), { programs: { docker: '' } });
    if (command !== 'build') throw new Error(`${README} does not say how the image is built`);
    image = buildImage(args);
  });
  afterAll(() => image[Symbol.dispose]());
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'otpd-data-'));
    chownSync(data, 65_532, 65_532);
  });
  afterEach(() => rmSync(data, { recursive: true }));

  /** Starts a server on free ports. The data folder is a mount, unless the options say otherwise. */
  async function serve(options: ContainerOptions = {}): Promise<{ container: Container; address: string; ops: string }> {
    const ops = `0.0.0.0:${await freePort()}`;
    const container = startContainer(image, {
      mounts: [{ from: data, to: DATA, mode: 'rw' }],
      ...options,
      env: { OTPD_LISTEN: '127.0.0.1:0', OTPD_HTTP_LISTEN: '127.0.0.1:0', OTPD_OPS_LISTEN: ops, ...options.env },
    });
    try {
      const address = (await container.line('otpd listens on ')).replace(/[; (].*/, '');
      await container.line('Metrics and probes are served at ');
      return { container, address, ops: `http://${ops.replace('0.0.0.0', '127.0.0.1')}` };
    } catch (error) {
      await container[Symbol.asyncDispose]();
      throw error;
    }
  }

  const firstKey = (): string => readFileSync(join(data, 'first-api-key'), 'utf8').trim();

  /** Makes a key and checks its code twice. */
  async function expectService(address: string, apiKey: string): Promise<void> {
    expect(await verdicts([address, address], apiKey)).toEqual([VerifyStatus.ACCEPTED, VerifyStatus.REPLAYED]);
  }

  test('it says what it is', () => {
    const { User, Entrypoint, Cmd, ExposedPorts, Volumes, Labels, Healthcheck, Env } = image.config;
    expect({ User, Entrypoint, Cmd, Volumes }).toEqual({
      User: '65532:65532',
      Entrypoint: ['otpd'],
      Cmd: ['serve'],
      Volumes: {},
    });
    expect(Object.keys(ExposedPorts).sort()).toEqual(['50051/tcp', '50080/tcp', '9464/tcp']);
    expect(Healthcheck.Test).toEqual(['CMD', 'otpd', 'health']);
    expect(Labels).toMatchObject({
      'org.opencontainers.image.title': 'otpd',
      'org.opencontainers.image.licenses': manifest.license,
      'org.opencontainers.image.version': manifest.version,
      'org.opencontainers.image.revision': expect.stringMatching(/^[0-9a-f]{40}$/),
      'org.opencontainers.image.created': expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    // Nothing shows how this machine has built it.
    expect(Env.filter((text) => !/^(PATH|HOME|NODE_ENV|NODE_DISABLE_COMPILE_CACHE|OTPD_\w+)=/.test(text))).toEqual([]);
    expect(Env).not.toContain('OTPD_INSECURE=true');
  });

  test('there is nothing in it but Node, its libraries and the program', () => {
    const programs = run('find', [
      image.root,
      '-type',
      'f',
      '-perm',
      '/111',
      '-not',
      '-path',
      '*/node_modules/*',
      '-printf',
      '%P\n',
    ]);
    const others = programs
      .trim()
      .split('\n')
      .filter((path) => !/^(lib|lib64)\//.test(path));
    expect(others.sort()).toEqual(['opt/otpd/dist/src/bin.js', 'usr/local/bin/node']);
    expect(run('find', [image.root, '-perm', '/6000'])).toBe('');
    // Only mounts and, by convention, /tmp are writable.
    const writable = ['-perm', '/002', '-not', '-type', 'l', '-printf', '%P\n'];
    expect(run('find', [image.root, ...writable]).trim()).toBe('tmp');
    expect(run('find', [image.root, '-uid', '65532', '-printf', '%P\n']).trim()).toBe('var/lib/otpd');
    // Scanners read the packages here.
    expect(readdirSync(join(image.root, 'var/lib/dpkg/status.d')).sort()).toEqual([
      'libatomic1',
      'libc6',
      'libgcc-s1',
      'libstdc++6',
    ]);
  });

  test('it has the packages that the program runs with, and none that build it', () => {
    const packages = readdirSync(join(image.root, 'opt/otpd/node_modules'));
    for (const name of ['commander', 'ioredis', 'pino']) expect(packages).toContain(name);
    for (const name of ['typescript', 'vite', 'vitest', 'node', '.cache']) expect(packages).not.toContain(name);
  });

  test('on a read-only root, without a capability, it serves, is healthy, and stops within its grace', async () => {
    const { container, address, ops } = await serve();
    await using running = container;
    const status = running.status();
    expect(status).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      expect(status).toMatch(new RegExp(`^${set}:\t0+$`, 'm'));

    await expectService(address, firstKey());
    expect((await fetch(`${ops}/readyz`)).status).toBe(200);
    const [, ...check] = image.config.Healthcheck.Test;
    expect(running.exec(...check)).toEqual({ code: 0, out: 'ok\n', err: '' });

    running.kill('TERM');
    expect(await running.ended).toBe(0);
    // There are no warnings about files that it cannot write or that others can read.
    expect(warningsOf(running)).toEqual([]);
    expect(running.said.err).toContain('"stopped"');
  });

  test('it runs as its README has it, and its commands need no shell', async () => {
    const [start, command] = runBlock(blockWith(README, 'docker run'), { programs: { docker: '' } }) as [Call, Call];
    for (const [option, value] of [
      ['--cap-drop', 'ALL'],
      ['--security-opt', 'no-new-privileges'],
      ['-v', `otpd:${DATA}`],
    ] as const)
      expect(valuesOf(start, option)).toEqual([value]);
    expect(start).toContain('--read-only');
    expect(start.at(-1)).toBe('otpd');
    for (const published of valuesOf(start, '-p'))
      expect(Object.keys(image.config.ExposedPorts)).toContain(`${published.split(':').at(-1)}/tcp`);
    const env = Object.fromEntries(valuesOf(start, '-e').map((text) => text.split('=')));
    // Reachable for others, so that it needs the files that the README names.
    const { container, address } = await serve({ env: { ...env, OTPD_LISTEN: '0.0.0.0:0' } });
    await using running = container;
    expect(command.slice(0, 3)).toEqual(['docker', 'exec', 'otpd']);
    const { code, out } = running.exec(...command.slice(3));
    expect(code).toBe(0);
    await expectService(address.replace('0.0.0.0', '127.0.0.1'), out.trim());
    expect(running.exec('otpd', '--version').out).toBe(`${manifest.version}\n`);
  });

  test('the health check fails where no server runs', async () => {
    const ops = `0.0.0.0:${await freePort()}`;
    await using asking = startContainer(image, { args: ['health'], env: { OTPD_OPS_LISTEN: ops } });
    expect(await asking.ended).toBe(1);
    expect(asking.said.out).toContain('nobody answers at');
  });

  test('it does not start in the clear beyond loopback without --insecure', async () => {
    await using alone = startContainer(image);
    expect(await alone.ended).toBe(2);
    expect(alone.said.err).toContain(
      'beyond loopback without TLS: set --tls-cert and --tls-key, or allow plaintext with --insecure',
    );
  });

  test('it writes into its data alone, even if it may write elsewhere', async () => {
    const files = (): string => run('find', [image.root, '-printf', '%P %y %m %u %s %T@\n']);
    // The mount creates its mount point.
    await (await serve({ writableRoot: true })).container[Symbol.asyncDispose]();
    const before = files();
    const { container, address } = await serve({ writableRoot: true });
    await using running = container;
    await expectService(address, firstKey());
    running.kill('TERM');
    expect(await running.ended).toBe(0);
    expect(files()).toBe(before);
    expect(readdirSync(data).sort()).toEqual(['fingerprint.key', 'first-api-key', 'otpd.db', 'sealing-keys']);
  });

  test('it runs as any user, such as the user that OpenShift chooses', async () => {
    chownSync(data, 1_000_650_000, 0);
    const { container, address } = await serve({ uid: 1_000_650_000 });
    await using running = container;
    await expectService(address, firstKey());
    expect(running.exec('otpd', 'keys', 'create', '--name', 'shop').code).toBe(0);
  });

  test('two processes share its port', async () => {
    const { container, address, ops } = await serve({ env: { OTPD_WORKERS: '2' } });
    await using running = container;
    await expectService(address, firstKey());
    expect((await fetch(`${ops}/readyz`)).status).toBe(200);
    running.kill('TERM');
    expect(await running.ended).toBe(0);
  });

  suiteUnless(missing(tool.systemdAnalyze), 'as the unit of systemd runs it', () => {
    test.each(['1', '2'])(
      'with the system calls, addresses and processes that the unit leaves it: %s workers',
      async (workers) => {
        const seccomp = unitFilter(readFileSync('deploy/systemd/otpd.service', 'utf8'));
        const procOptions = ['subset=pid', 'hidepid=invisible'];
        const { container, address, ops } = await serve({ seccomp, procOptions, env: { OTPD_WORKERS: workers } });
        await using running = container;
        await expectService(address, firstKey());
        expect((await fetch(`${ops}/metrics`)).status).toBe(200);
        running.kill('HUP');
        running.kill('TERM');
        expect(await running.ended).toBe(0);
        expect(warningsOf(running)).toEqual([]);
      },
    );
  });

  redisSuite('two on one Redis', () => {
    test('they share what was used, and need nothing that they can write', async () => {
      const redis = await startRedis(['--appendonly', 'yes']);
      onTestFinished(redis.stop);
      const secrets = makeSecrets({ 'fingerprint-key': `${'5a'.repeat(32)}\n`, 'redis-url': `${redis.url}\n` });
      ensureRingFile(join(secrets, 'sealing-keys'), Date.now());
      shareWithGroup(secrets);
      const options: ContainerOptions = {
        groups: [GROUP],
        mounts: [{ from: secrets, to: '/run/secrets', mode: 'ro' }],
        env: {
          OTPD_REDIS_URL_FILE: '/run/secrets/redis-url',
          OTPD_FINGERPRINT_KEY_FILE: '/run/secrets/fingerprint-key',
          OTPD_SEALING_KEYS: '/run/secrets/sealing-keys',
        },
      };
      const [one, two] = [await serve(options), await serve(options)];
      await using first = one.container;
      await using second = two.container;
      // The first key would be in a file.
      expect(first.said.out).toContain('There is no API key');
      const apiKey = first.exec('otpd', 'keys', 'create', '--name', 'shop').out.trim();
      expect(await verdicts([one.address, two.address], apiKey)).toEqual([VerifyStatus.ACCEPTED, VerifyStatus.REPLAYED]);
      expect(warningsOf(first).filter((line) => !line.includes('this is the first start'))).toEqual([]);
      expect(warningsOf(second)).toEqual([]);
    });
  });

  test('files for its group alone are read, without a warning', async () => {
    const secrets = makeSecrets({ 'fingerprint-key': `${'5a'.repeat(32)}\n` });
    shareWithGroup(secrets);
    const { container, address } = await serve({
      groups: [GROUP],
      env: { OTPD_FINGERPRINT_KEY_FILE: '/run/secrets/fingerprint-key' },
      mounts: [
        { from: data, to: DATA, mode: 'rw' },
        { from: secrets, to: '/run/secrets', mode: 'ro' },
      ],
    });
    await using running = container;
    await expectService(address, firstKey());
    expect(running.said.err).not.toContain('other users');
  });
});
