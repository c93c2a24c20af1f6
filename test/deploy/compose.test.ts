/** compose.yaml, read by Compose's own loader, and the secrets that its script makes, with a Redis. No container runs, and no registry is used. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '../../src/config/settings.ts';
import { createTestClient, methods } from '../support/client.ts';
import { suiteUnless } from '../support/needy-suite.ts';
import { redisSuite, startRedis } from '../support/redis.ts';
import { startServer } from '../support/server.ts';
import type { Manifest } from './chart.ts';
import { blockWith, type Call, runBlock, valuesOf } from './documents.ts';
import { missing, outcomeOf, ROOT, run, tool } from './tools.ts';

const MAIN = join(ROOT, 'src/main.ts');
/** Does on the checkout what the image would do, for the two commands that `prepare` needs. */
const DOCKER = `case "$1" in
  image | compose) exit 0 ;;
  run) while [ "$1" != sealing-keys ]; do case "$1" in *:/secrets) folder=\${1%:/secrets} ;; esac; shift; done
    exec '${process.execPath}' '${MAIN}' sealing-keys add --sealing-keys "$folder/sealing-keys" --data-dir "$folder" ;;
  *) exit 9 ;;
esac
`;

let folder: string;
let deploy: string;
let secrets: string;
/** The calls of docker by the commands of the README. */
let calls: Call[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-compose-'));
  deploy = join(folder, 'deploy');
  cpSync('deploy', deploy, { recursive: true });
  secrets = join(deploy, 'compose/secrets');
  for (const made of [secrets, join(deploy, '.env')]) rmSync(made, { recursive: true, force: true });
  calls = runBlock(blockWith('deploy/README.md', 'compose/prepare'), { cwd: folder, programs: { docker: DOCKER } });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('prepare', () => {
  test('it makes secrets that others cannot read, and says for which group they are', () => {
    expect(readdirSync(secrets).sort()).toEqual([
      'fingerprint-key',
      'grafana-password',
      'redis-url',
      'sealing-keys',
      'valkey-users.acl',
    ]);
    expect(statSync(secrets).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(secrets)) {
      const { mode, gid } = statSync(join(secrets, name));
      // The file of Valkey contains only a hash.
      expect([name, mode & 0o777]).toEqual([name, name === 'valkey-users.acl' ? 0o444 : 0o440]);
      expect(readFileSync(join(deploy, '.env'), 'utf8')).toBe(`SECRETS_GROUP=${gid}\n`);
    }
  });

  test('it does not make them again: what was sealed would never open', () => {
    const before = readFileSync(join(secrets, 'sealing-keys'), 'utf8');
    const { code, err } = outcomeOf('sh', ['compose/prepare'], { cwd: deploy });
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('secrets is there already') });
    expect(readFileSync(join(secrets, 'sealing-keys'), 'utf8')).toBe(before);
  });

  test('where a step fails, nothing stays that looks whole', () => {
    const other = join(folder, 'other');
    cpSync(deploy, other, { recursive: true });
    rmSync(join(other, 'compose/secrets'), { recursive: true });
    const failing = join(folder, 'failing');
    writeFileSync(failing, '#!/bin/sh\n[ "$1" = image ]\n', { mode: 0o755 });
    expect(outcomeOf('sh', ['compose/prepare'], { cwd: other, env: { ...process.env, DOCKER: failing } }).code).not.toBe(0);
    expect(readdirSync(join(other, 'compose'))).not.toContain('secrets');
  });

  redisSuite('the user of its password', () => {
    test('is all that otpd needs, and no other may do a thing', async () => {
      const users = join(secrets, 'valkey-users.acl');
      const settings = readFileSync('deploy/compose/valkey.conf', 'utf8').split('\n');
      const flags = settings
        .filter((line) => /^(appendonly|appendfsync|maxmemory-policy) /.test(line))
        .flatMap((line) => `--${line}`.split(' '));
      expect(flags).toHaveLength(6);
      const redis = await startRedis(['--aclfile', users, ...flags]);
      const url = readFileSync(join(secrets, 'redis-url'), 'utf8').trim().replace('valkey:6379', `127.0.0.1:${redis.port}`);
      const server = await startServer({ flags: { redisUrl: url, fingerprintKeyFile: join(secrets, 'fingerprint-key') } });
      const client = createTestClient(server.address, server.apiKey);
      const { response } = await client.call(methods.verify, {
        key: { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } },
        code: '000000',
      });
      client.close();
      expect(response?.status).toBeDefined();
      // The server sees a new Redis, and has nothing else to warn of.
      expect(server.log.filter((line) => /"level":[456]0/.test(line))).toEqual([
        expect.stringContaining('this is the first start'),
      ]);
      await server.close();
      const asked = (...args: string[]): string =>
        run('redis-cli', ['-p', String(redis.port), '--no-auth-warning', ...args]).trim();
      expect(asked('ping')).toContain('NOAUTH');
      expect(asked('--user', 'probe', '--pass', 'probe', 'ping')).toBe('PONG');
      expect(asked('--user', 'probe', '--pass', 'probe', 'keys', '*')).toContain('NOPERM');
      const { username, password } = new URL(url);
      for (const command of [['flushall'], ['config', 'set', 'dir', '/tmp'], ['acl', 'list'], ['shutdown']])
        expect(asked('--user', username, '--pass', password, ...command)).toContain('NOPERM');
      await redis.stop();
    });
  });
});

suiteUnless(missing(tool.compose), 'compose.yaml', () => {
  let project: Manifest;
  beforeAll(() => {
    // Reads the file as Compose does, by its schema and with its cross-references, but without an environment.
    project = JSON.parse(run(tool.compose, ['-no-interpolation', '-format', 'json', 'compose.yaml'], { cwd: deploy }));
  });

  test('a mistake in it would be found', () => {
    const wrong = readFileSync(join(deploy, 'compose.yaml'), 'utf8').replace('read_only:', 'readonly:');
    const file = join(deploy, 'wrong.yaml');
    writeFileSync(file, wrong);
    expect(outcomeOf(tool.compose, ['-no-interpolation', file], { cwd: deploy }).code).not.toBe(0);
    rmSync(file);
  });

  test('otpd runs twice, as strictly as it can, with its secrets as files', () => {
    expect(Object.keys(project.services).sort()).toEqual(['grafana', 'otpd', 'prometheus', 'valkey']);
    const { otpd } = project.services;
    expect(otpd.deploy.replicas).toBe(2);
    const known = new Set<string>([...Object.values(SETTINGS).map(({ env }) => env), 'OTPD_REDIS_URL_FILE']);
    for (const [name, value] of Object.entries<string>(otpd.environment)) {
      expect(known).toContain(name);
      if (value.startsWith('/')) expect(otpd.secrets.map(({ target }: Manifest) => target)).toContain(value);
    }
    for (const service of Object.values<Manifest>(project.services))
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(otpd).not.toHaveProperty('user');
    expect(otpd).not.toHaveProperty('volumes');
  });

  test('only this machine reaches it', () => {
    const ports = Object.values<Manifest>(project.services).flatMap((service) => service.ports ?? []);
    expect(ports).toHaveLength(4);
    for (const { host_ip } of ports) expect(host_ip).toBe('127.0.0.1');
    expect(project.services.valkey).not.toHaveProperty('ports');
  });

  test('images are named by version, and every file that it mounts is there', () => {
    const { otpd: _, ...others } = project.services;
    for (const { image } of Object.values<Manifest>(others)) expect(image).toMatch(/^docker\.io\/[\w/-]+:v?\d+\.\d+/);
    const sources = [
      ...Object.values<Manifest>(project.services).flatMap(({ volumes = [] }) =>
        volumes.filter(({ type }: Manifest) => type === 'bind').map(({ source }: Manifest) => source),
      ),
      ...[...Object.values<Manifest>(project.secrets), ...Object.values<Manifest>(project.configs)].map(({ file }) => file),
    ];
    expect(sources.length).toBeGreaterThan(9);
    for (const source of sources) expect(statSync(source).isFile()).toBe(true);
  });

  test('each variable that it needs is one that prepare sets, or has a default', () => {
    const names = [...readFileSync('deploy/compose.yaml', 'utf8').matchAll(/\$\{(\w+)(:-)?/g)];
    const needed = names.filter(([, , fallback]) => fallback === undefined).map(([, name]) => name);
    expect([...new Set(needed)]).toEqual(['SECRETS_GROUP']);
  });

  test('the README starts it, and makes an API key in it', () => {
    const composed = calls.filter(([, command]) => command === 'compose');
    for (const call of composed) expect(valuesOf(call, '-f')).toEqual(['deploy/compose.yaml']);
    const [up, exec] = composed.map((call) => call.slice(4));
    expect(up).toEqual(['up', '-d', '--wait']);
    expect(exec?.slice(0, 5)).toEqual(['exec', 'otpd', 'otpd', 'keys', 'create']);
  });

  test('a stop may take as long as that of otpd', () => {
    expect(Number.parseInt(project.services.otpd.stop_grace_period, 10)).toBeGreaterThan(
      Number(SETTINGS.shutdownGrace.fallback) + 5,
    );
  });

  suiteUnless(missing(tool.promtool), 'its Prometheus', () => {
    test('finds both by name, with our rules', () => {
      const etc = join(folder, 'etc');
      mkdirSync(etc, { recursive: true });
      const mounted = (target: string): string =>
        project.services.prometheus.volumes.find((volume: Manifest) => volume.target === target).source;
      cpSync(mounted('/etc/prometheus/rules.yaml'), join(etc, 'rules.yaml'));
      const text = readFileSync(mounted('/etc/prometheus/prometheus.yml'), 'utf8');
      writeFileSync(join(etc, 'prometheus.yml'), text.replace('/etc/prometheus/rules.yaml', 'rules.yaml'));
      expect(run(tool.promtool, ['check', 'config', join(etc, 'prometheus.yml')])).toContain('SUCCESS: 1 rule files found');
      const [
        {
          dns_sd_configs: [found],
        },
      ] = parse(text).scrape_configs;
      expect(found).toMatchObject({ names: ['otpd'], type: 'A', port: 9464 });
    });
  });

  test('its Grafana has Prometheus, and our dashboard where it looks', () => {
    const targets = project.services.grafana.volumes.map(({ target }: Manifest) => target);
    const [
      {
        options: { path },
      },
    ] = parse(readFileSync('deploy/compose/grafana-dashboards.yaml', 'utf8')).providers;
    expect(targets).toContain(`${path}/otpd.json`);
    const [{ url }] = parse(readFileSync('deploy/compose/grafana-sources.yaml', 'utf8')).datasources;
    expect(Object.keys(project.services)).toContain(new URL(url).hostname);
  });
});
