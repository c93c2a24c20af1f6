/** The pages in the order in which a reader may want them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DefaultTheme } from 'vitepress';

const GROUPS: DefaultTheme.SidebarItem[] = [
  {
    text: 'Start',
    items: [
      { text: 'otpd', link: '/' },
      { text: 'Guide: second factors', link: '/docs/guide' },
      { text: 'Examples', link: '/examples/README' },
      { text: 'Clients', link: '/docs/clients' },
    ],
  },
  {
    text: 'Calls',
    items: [
      { text: 'API reference', link: '/docs/api' },
      { text: 'OpenAPI', link: '/openapi' },
      { text: 'HTTP', link: '/docs/http' },
      { text: 'Calls of other REST APIs', link: '/docs/rest' },
      { text: 'Integrations', link: '/docs/integrations' },
      { text: 'Import and export', link: '/docs/import-export' },
      { text: 'Debugging', link: '/docs/debugging' },
      { text: 'Compatibility', link: '/docs/compatibility' },
    ],
  },
  {
    text: 'Run it',
    items: [
      { text: 'Operations', link: '/docs/operations' },
      { text: 'Configuration', link: '/docs/configuration' },
      { text: 'API keys and plans', link: '/docs/api-keys' },
      { text: 'Redis', link: '/docs/redis' },
      { text: 'Metrics', link: '/docs/metrics' },
      { text: 'Audit trail', link: '/docs/audit-trail' },
      { text: 'Performance', link: '/docs/performance' },
      { text: 'Scale', link: '/docs/scale' },
    ],
  },
  {
    text: 'Security',
    items: [
      { text: 'What is kept', link: '/docs/security' },
      { text: 'Sealed keys', link: '/docs/sealed-keys' },
      { text: 'Threat model', link: '/SECURITY' },
    ],
  },
  {
    text: 'Inside',
    items: [
      { text: 'Architecture', link: '/docs/architecture' },
      { text: 'Decisions', link: '/docs/decisions/README' },
      { text: 'Contributing', link: '/CONTRIBUTING' },
      { text: 'Releasing', link: '/docs/releasing' },
      { text: 'Changelog', link: '/CHANGELOG' },
    ],
  },
];

/** The groups above, and behind them the pages of `docs` that none of them has, so that no page is without a link. */
export function sidebar(docs: string): DefaultTheme.SidebarItem[] {
  const listed = new Set(GROUPS.flatMap(({ items = [] }) => items.map(({ link }) => link)));
  const others = readdirSync(docs)
    .filter((name) => name.endsWith('.md') && !listed.has(`/docs/${name.slice(0, -3)}`))
    .map((name) => ({ text: titleOf(readFileSync(join(docs, name), 'utf8')), link: `/docs/${name.slice(0, -3)}` }));
  return others.length === 0 ? GROUPS : [...GROUPS, { text: 'More', items: others }];
}

function titleOf(page: string): string {
  return /^# (.*)$/m.exec(page)?.[1] ?? 'Untitled';
}
