/** The Prometheus rules and the Grafana dashboard, checked by promtool and against the existing metrics. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestClient, methods } from '../support/client.ts';
import { suiteUnless } from '../support/needy-suite.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { noPromtool, PROMTOOL } from './promtool.ts';
import { scrape } from './scrape.ts';

const RULES = 'deploy/prometheus/rules.yaml';
const DASHBOARD = 'deploy/grafana/otpd.json';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
}

/** Returns the names of metrics in a text, without the suffixes of histograms. */
function metricsIn(text: string): Set<string> {
  const names = text.match(/\b(?:otpd|rpc|process|nodejs)_[a-z_]+/g) ?? [];
  return new Set(
    names
      .map((name) => name.replace(/_(?:bucket|count)$/, ''))
      .filter((name) => !/^rpc_(?:method|status_code|system_name)$/.test(name)),
  );
}

test('rules and dashboard name no metric that docs/metrics.md does not have', () => {
  const known = metricsIn(readFileSync('docs/metrics.md', 'utf8'));
  for (const file of [RULES, DASHBOARD]) {
    const named = metricsIn(readFileSync(file, 'utf8'));
    expect(named.size).toBeGreaterThan(5);
    expect(
      [...named].filter((name) => !known.has(name)),
      file,
    ).toEqual([]);
  }
});

test.each([
  [RULES, 'deploy/helm/otpd/files/rules.yaml'],
  [DASHBOARD, 'deploy/helm/otpd/files/dashboard.json'],
])('the chart, which Helm packs without its neighbours, has a copy of %s', (original, copy) => {
  expect(readFileSync(copy, 'utf8'), `cp ${original} ${copy}`).toBe(readFileSync(original, 'utf8'));
});

test('the dashboard shows each metric that an alert goes by', () => {
  const shown = metricsIn(readFileSync(DASHBOARD, 'utf8'));
  expect([...metricsIn(readFileSync(RULES, 'utf8'))].filter((name) => !shown.has(name))).toEqual([]);
});

test('the panels of the dashboard have an id each, and none covers another', () => {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { panels: Panel[] };
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const [place, { title, gridPos: one }] of panels.entries())
    for (const { title: other, gridPos } of panels.slice(place + 1)) {
      const isBeside = one.x + one.w <= gridPos.x || gridPos.x + gridPos.w <= one.x;
      const isApart = one.y + one.h <= gridPos.y || gridPos.y + gridPos.h <= one.y;
      expect(isBeside || isApart, `${title} and ${other}`).toBe(true);
    }
});

suiteUnless(noPromtool, 'by promtool', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ flags: { opsListen: '127.0.0.1:0' } });
  });
  afterAll(() => server.close());

  test('the metrics of a server that has answered calls are in order', async () => {
    const client = createTestClient(server.address, server.apiKey);
    await client.call(methods.verify, { key: { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } }, code: '000000' });
    await client.call(methods.token, {});
    client.close();
    const { text } = await scrape(server.opsUrl);
    expect(execFileSync(PROMTOOL, ['check', 'metrics'], { input: text, encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });

  test('the rules are in order, and fire when they should', () => {
    expect(execFileSync(PROMTOOL, ['check', 'rules', RULES], { encoding: 'utf8' })).toContain('SUCCESS');
    const file = 'deploy/prometheus/rules.test.yaml';
    expect(execFileSync(PROMTOOL, ['test', 'rules', file], { encoding: 'utf8' })).toContain('SUCCESS');
  });
});
