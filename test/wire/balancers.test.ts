/** The HTTP/2 proxies and the Pod of docs/operations.md, unchanged except for the addresses. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/config.ts';
import { createTestClient, methods } from '../support/client.ts';
import { nginxConfiguration, type ProxyName, proxySuite, startProxy } from '../support/proxies.ts';
import { startServer, type TestServer } from '../support/server.ts';

const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const TEXT = readFileSync('docs/operations.md', 'utf8');
const blocks = (language: string): string[] =>
  [...TEXT.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, block = '']) => block);
const CALLS = 40;

const dataDir = mkdtempSync(join(tmpdir(), 'otpd-balancers-'));
let servers: TestServer[] = [];
beforeAll(async () => {
  const flags = { trustedProxies: '127.0.0.1' };
  servers = [await startServer({ dataDir, flags }), await startServer({ dataDir, flags })];
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(dataDir, { recursive: true, force: true });
});

/** Returns the configuration of a proxy on the page, with other addresses. */
function configurationOf(name: ProxyName, folder: string, port: number): string {
  const block = blocks(name).find((text) => /grpc_pass|proto h2/.test(text)) ?? '';
  const [one, two] = servers;
  const own = block
    .replace('10.0.0.1:50051', one?.address ?? '')
    .replace('10.0.0.2:50051', two?.address ?? '')
    .replace(/:?\b443\b/, `127.0.0.1:${port}`);
  return name === 'nginx' ? nginxConfiguration(folder, own) : own;
}

for (const name of ['nginx', 'haproxy'] as const) {
  proxySuite(name, () => {
    test('the calls of one connection reach every instance, and the caller is named', async () => {
      await using parts = new AsyncDisposableStack();
      const proxy = parts.adopt(await startProxy(name, '', (folder, port) => configurationOf(name, folder, port)), (one) =>
        one.stop(),
      );
      const client = parts.adopt(createTestClient(proxy.address, servers[0]?.apiKey ?? ''), (one) => one.close());
      const calls = Array.from({ length: CALLS }, () => client.call(methods.token, { key }));
      expect(new Set((await Promise.all(calls)).map(({ code }) => code))).toEqual(new Set(['OK']));
      for (const { log } of servers) {
        const peers = log.filter((line) => line.includes('/Token"')).map((line) => JSON.parse(line).peer);
        expect(peers.length).toBeGreaterThan(CALLS / 10);
        // Behind the proxy, the log has an address without a port.
        expect(new Set(peers)).toEqual(new Set(['127.0.0.1']));
      }
    });
  });
}

describe('the Pod', () => {
  const { spec } = parse(blocks('yaml').find((text) => text.includes('terminationGracePeriodSeconds')) ?? '') as {
    spec: {
      terminationGracePeriodSeconds: number;
      containers: { env: { name: string; value: string }[]; lifecycle: { preStop: { sleep: { seconds: number } } } }[];
    };
  };

  test('has time to end its calls after preStop, and settings that a start takes', () => {
    const [container] = spec.containers;
    const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
    const { shutdownGraceMs, maxConnectionAgeMs, ops } = loadConfig({}, env);
    const seconds = (container?.lifecycle.preStop.sleep.seconds ?? Number.NaN) + shutdownGraceMs / 1000;
    // A primary gives its workers five seconds beyond the grace period.
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(seconds + 5);
    expect([maxConnectionAgeMs, ops?.port]).toEqual([300_000, 9464]);
  });

  test('stands beside a cluster of Envoy that is YAML too', () => {
    expect(parse(blocks('yaml').find((text) => text.includes('lb_policy')) ?? '')).toMatchObject({
      clusters: [{ name: 'otpd' }],
    });
  });
});
