/** The web app of examples/typescript in a real browser, by keyboard and for a screen reader: an enrolment, a login, and the findings of axe. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Example, type Installed, install } from '../clients/example-apps.ts';
import { deviceOf } from '../support/enrolment.ts';
import { open } from './browser.ts';
import { pageSuite } from './suite.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIOLATIONS = 'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, ...nodes.map((n) => n.html)]))';

pageSuite('the example app', (stage) => {
  let installed: Installed;
  let app: Example;
  beforeAll(async () => {
    installed = await install('typescript');
    app = await installed.start(stage.server.address, stage.server.apiKey);
  });
  afterAll(async () => {
    await app[Symbol.asyncDispose]();
    installed.remove();
  });

  test.each(['light', 'dark'] as const)('a user enrols and signs in by the keyboard, in %s', async (colorScheme) => {
    const user = colorScheme === 'light' ? 'alice@example.com' : 'bob@example.com';
    await using visit = await open(stage.browser, app.url, { colorScheme });
    const { page } = visit;
    await expectAccessible(page, 'Sign in');
    await signIn(page, user);

    await expectAccessible(page, 'Your account');
    await send(page, 'Password', 'correct horse');
    await expectAccessible(page, 'Set up your app');
    await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
    expect(await page.evaluate('document.images[0].naturalWidth')).toBeGreaterThan(200);
    const uri = await page.getByRole('link', { name: 'open the app' }).getAttribute('href');
    const device = deviceOf(uri ?? '');
    await send(page, 'Code that the app shows', '12345');
    await expectAccessible(page, 'Set up your app');
    await expectError(page, 'Code that the app shows', 'A code has 6 digits.');
    await send(page, 'Code that the app shows', device.code(Date.now()));
    await expectAccessible(page, 'Your recovery codes');
    expect(await page.getByRole('listitem').count()).toBe(10);

    await page.getByRole('link', { name: 'I have kept them' }).press('Enter');
    await page.getByRole('button', { name: 'Sign out' }).press('Enter');
    await signIn(page, user);
    await expectAccessible(page, 'Enter your code');
    await send(page, 'Code from your app', device.code(Date.now() + 30_000));
    await expectAccessible(page, 'Your account');
    expect(visit.complaints).toEqual([]);
    expect(visit.requested.filter((url) => !url.startsWith(app.url) && !url.startsWith('data:'))).toEqual([]);
  });
});

async function signIn(page: Page, user: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(user);
  await send(page, 'Password', 'correct horse');
}

/** Fills in a field, and submits its form by keyboard. */
async function send(page: Page, label: string, text: string): Promise<void> {
  const field = page.getByLabel(label).first();
  await field.fill(text);
  await Promise.all([page.waitForEvent('load'), field.press('Enter')]);
}

async function expectAccessible(page: Page, heading: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  expect(await page.title()).toBe(`${heading} - ACME`);
  // The policy of the pages forbids scripts; the script of the test is not part of the page.
  await page.evaluate(AXE);
  expect(await page.evaluate(VIOLATIONS), heading).toEqual([]);
}

/** Expects that the error is announced, and that its field refers to it. */
async function expectError(page: Page, label: string, text: string): Promise<void> {
  expect(await page.getByRole('alert').innerText()).toBe(text);
  expect(await page.getByLabel(label).getAttribute('aria-describedby')).toBe('error');
  expect(await page.evaluate('document.activeElement.name')).toBe('code');
}
