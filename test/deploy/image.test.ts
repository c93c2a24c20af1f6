/** The image: how it is built, what is in it, and how it runs where nothing is allowed that it does not need. */
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { createTestClient, methods } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { suiteUnless } from '../support/needy-suite.ts';
import { type Container, type ContainerOptions, startContainer } from './container.ts';
import { buildImage, type Image } from './image.ts';
import { missing, outcomeOf, run, tool } from './tools.ts';
import { unitFilter } from './unit-filter.ts';

const DATA = '/var/lib/otpd';
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

suiteUnless(missing(tool.hadolint), 'the Dockerfile by hadolint', () => {
  test('it has nothing to say', () => {
    expect(outcomeOf(tool.hadolint, ['deploy/Dockerfile'])).toEqual({ code: 0, out: '', err: '' });
  });
});

const noRoot = process.getuid?.() === 0 ? undefined : 'this is not root';

suiteUnless(missing(tool.buildah, tool.runc, tool.debian) ?? noRoot, 'the image', () => {
  let image: Image;
  let data: string;

  beforeAll(() => {
    image = buildImage({ VERSION: manifest.version, REVISION: 'abc123', CREATED: '2026-11-28T00:00:00Z' });
  });
  afterAll(() => image[Symbol.dispose]());
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'otpd-data-'));
    chownSync(data, 65_532, 65_532);
  });
  afterEach(() => rmSync(data, { recursive: true }));

  /** Starts a server, on ports that are free; `mounts` has the data if nothing else is said. */
  async function serve(options: ContainerOptions = {}): Promise<{ container: Container; address: string; ops: string }> {
    const ops = `0.0.0.0:${await freePort()}`;
    const container = startContainer(image, {
      mounts: [{ from: data, to: DATA, mode: 'rw' }],
      ...options,
      env: { OTPD_LISTEN: '127.0.0.1:0', OTPD_HTTP_LISTEN: '127.0.0.1:0', OTPD_OPS_LISTEN: ops, ...options.env },
    });
    const address = (await container.line('otpd listens on ')).replace(/[; (].*/, '');
    await container.line('Metrics and probes are served at ');
    return { container, address, ops: `http://${ops.replace('0.0.0.0', '127.0.0.1')}` };
  }

  const firstKey = (): string => readFileSync(join(data, 'first-api-key'), 'utf8').trim();

  /** Has a key made and its code checked, twice. */
  async function expectService(address: string, apiKey: string): Promise<void> {
    const client = createTestClient(address, apiKey);
    const { response: made } = await client.call(methods.generate, { issuer: 'ACME', accountName: 'alice' });
    const request = { key: { source: { case: 'secret' as const, value: made?.secret ?? '' } }, code: made?.token?.code ?? '' };
    const answers = [await client.call(methods.verify, request), await client.call(methods.verify, request)];
    client.close();
    expect(answers.map(({ response }) => response?.status)).toEqual([VerifyStatus.ACCEPTED, VerifyStatus.REPLAYED]);
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
      'org.opencontainers.image.revision': 'abc123',
      'org.opencontainers.image.created': '2026-11-28T00:00:00Z',
    });
    // Nothing of how this machine built it.
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
    // Only what it is given may be written, and /tmp by convention.
    const writable = ['-perm', '/002', '-not', '-type', 'l', '-printf', '%P\n'];
    expect(run('find', [image.root, ...writable]).trim()).toBe('tmp');
    expect(run('find', [image.root, '-uid', '65532', '-printf', '%P\n']).trim()).toBe('var/lib/otpd');
    // Scanners look here.
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
    // It warns of nothing: neither of what it may not write, nor of what others may read.
    expect(running.said.err.split('\n').filter((line) => /"level":[456]0/.test(line))).toEqual([]);
    expect(running.said.err).toContain('"stopped"');
  });

  test('its commands run without a shell', async () => {
    const { container, address } = await serve();
    await using running = container;
    const { code, out } = running.exec('otpd', 'keys', 'create', '--name', 'shop', '--plan', 'pro');
    expect(code).toBe(0);
    await expectService(address, out.trim());
    expect(running.exec('otpd', '--version').out).toBe(`${manifest.version}\n`);
  });

  test('the health check fails where no server runs', async () => {
    const ops = `0.0.0.0:${await freePort()}`;
    await using asking = startContainer(image, { args: ['health'], env: { OTPD_OPS_LISTEN: ops } });
    expect(await asking.ended).toBe(1);
    expect(asking.said.out).toContain('nobody answers at');
  });

  test('it does not start in the clear for others, unless it is told to', async () => {
    await using alone = startContainer(image);
    expect(await alone.ended).toBe(2);
    expect(alone.said.err).toContain(
      'beyond loopback without TLS: set --tls-cert and --tls-key, or allow plaintext with --insecure',
    );
  });

  test('it writes into its data alone, even if it may write elsewhere', async () => {
    const files = (): string => run('find', [image.root, '-printf', '%P %y %m %u %s %T@\n']);
    // The mount makes its place.
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

  test('it runs as any user, such as the one that OpenShift chooses', async () => {
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
        expect(running.said.err.split('\n').filter((line) => /"level":[456]0/.test(line))).toEqual([]);
      },
    );
  });

  test('files for its group alone are read, without a warning', async () => {
    const secrets = mkdtempSync(join(tmpdir(), 'otpd-secrets-'));
    const file = (name: string, text: string) => writeFileSync(join(secrets, name), text, { mode: 0o440 });
    file('fingerprint-key', `${'5a'.repeat(32)}\n`);
    for (const path of [secrets, join(secrets, 'fingerprint-key')]) chownSync(path, 0, 4321);
    chmodSync(secrets, 0o750);
    const { container, address } = await serve({
      groups: [4321],
      env: { OTPD_FINGERPRINT_KEY_FILE: '/run/secrets/fingerprint-key' },
      mounts: [
        { from: data, to: DATA, mode: 'rw' },
        { from: secrets, to: '/run/secrets', mode: 'ro' },
      ],
    });
    await using running = container;
    await expectService(address, firstKey());
    expect(running.said.err).not.toContain('other users');
    rmSync(secrets, { recursive: true });
  });
});
