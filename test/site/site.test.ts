/** The site of the documentation in a real browser: links, search, dark mode, and what axe finds. `npm run test:site` builds it first. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noBrowser } from '../page/browser.ts';
import { suiteUnless } from '../support/needy-suite.ts';
import { type StaticServer, serveFiles } from './static-server.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Pages of every kind: the first page, long tables, code in many languages, and a page that a component renders. */
const LOOKED_AT = ['/', '/docs/guide', '/docs/configuration', '/docs/http', '/docs/api-keys', '/openapi', '/CHANGELOG'];

suiteUnless(noBrowser, 'the site', () => {
  let server: StaticServer;
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    server = await serveFiles('site/.vitepress/dist');
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    context = await browser.newContext();
  });
  afterAll(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
  });

  test('every link of every page leads somewhere, and no page asks another host', async () => {
    const page = await context.newPage();
    const trouble: string[] = [];
    page.on('request', (request) => {
      if (!/^(?:data:|blob:)/.test(request.url()) && !request.url().startsWith(server.origin))
        trouble.push(`asks ${request.url()}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) trouble.push(`${page.url()}: ${response.status()} ${response.url()}`);
    });
    page.on('pageerror', (error) => trouble.push(`${page.url()}: ${error.message}`));
    const anchors = new Map<string, ReadonlySet<string>>();
    const links = new Map<string, string>();
    const toVisit = ['/'];
    const visited = new Set(toVisit);
    for (let path = toVisit.shift(); path !== undefined; path = toVisit.shift()) {
      await page.goto(`${server.origin}${path}`);
      const found = await linksAndAnchors(page);
      anchors.set(path, new Set(found.ids));
      for (const link of found.links.filter((href) => href.startsWith(server.origin))) {
        const { pathname, hash } = new URL(link);
        links.set(`${pathname}${hash}`, path);
        if (visited.has(pathname) || /\.(?:txt|json|svg|png)$/.test(pathname)) continue;
        visited.add(pathname);
        toVisit.push(pathname);
      }
    }
    for (const [link, from] of links) {
      const { pathname, hash } = new URL(link, server.origin);
      const ids = anchors.get(pathname);
      if (ids === undefined) {
        const { status } = await fetch(`${server.origin}${pathname}`);
        if (status !== 200) trouble.push(`${from}: ${status} ${link}`);
      } else if (hash !== '' && !ids.has(decodeURIComponent(hash.slice(1)))) trouble.push(`${from}: no heading ${link}`);
    }
    expect(trouble).toEqual([]);
    expect(visited.size).toBeGreaterThan(25);
  });

  test.each(LOOKED_AT)('axe finds nothing on %s, in light and dark', async (path) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await context.newPage();
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.goto(`${server.origin}${path}`);
      expect(await page.evaluate('document.documentElement.classList.contains("dark")')).toBe(colorScheme === 'dark');
      expect(await violations(page), colorScheme).toEqual([]);
      await page.close();
    }
  });

  test('the search finds a page, by the keyboard alone', async () => {
    const page = await context.newPage();
    await page.goto(`${server.origin}/`);
    await page.waitForFunction('"__vue_app__" in document.querySelector("#app")');
    await page.keyboard.press('Control+k');
    await page.locator('input[type=search]').fill('recovery codes');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/docs\//);
    expect(await page.locator('h1').first().innerText()).not.toBe('');
    await page.close();
  });

  test('a narrow screen shows no page wider than itself', async () => {
    const page = await context.newPage();
    await page.setViewportSize({ width: 360, height: 800 });
    for (const path of LOOKED_AT) {
      await page.goto(`${server.origin}${path}`);
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(360);
    }
    await page.close();
  });
});

async function linksAndAnchors(page: Page): Promise<{ readonly links: string[]; readonly ids: string[] }> {
  return page.evaluate(`({
    links: [...document.querySelectorAll('a[href]')].map(({ href }) => href),
    ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
  })`);
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
  const { violations: list } = found as {
    readonly violations: readonly {
      readonly id: string;
      readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
    }[];
  };
  return list.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.split('\n').at(1)}`),
  );
}
