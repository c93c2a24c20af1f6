/** The appearance of the page: light and dark, narrow and wide, checked by axe-core, and without horizontal scrolling. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { check, enrol, open } from './browser.ts';
import { pageSuite } from './suite.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RUN =
  'axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, html: nodes.map((n) => n.html) })))';

const EYES = [
  ['light', 1280],
  ['dark', 1280],
  ['light', 360],
  ['dark', 360],
] as const;

async function expectGoodLooks(page: Page, colorScheme: string, width: number): Promise<void> {
  const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
  expect(background).toBe(colorScheme === 'dark' ? 'rgb(18, 22, 28)' : 'rgb(244, 246, 249)');
  await page.evaluate(AXE);
  const violations = (await page.evaluate(RUN)) as { impact: string }[];
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
}

pageSuite('the looks of the page', (stage) => {
  test.each(EYES)('%s, %d pixels wide', async (colorScheme, width) => {
    // A limited plan shows its bar, and a wrong code shows the other colours.
    const apiKey = await stage.server.createKey({ plan: 'ultra' });
    await using opened = await open(stage.browser, `${stage.server.httpUrl}/#key=${apiKey}`, {
      colorScheme,
      viewport: { width, height: 900 },
    });
    const { page, part } = opened;
    await enrol(opened);
    await part('Enrol an account').locator('.code').waitFor();
    await check(opened, '12345');
    await part('Check a code').getByText('MALFORMED', { exact: true }).waitFor();
    const showing = part('Show the code of a secret');
    await showing.getByLabel('Secret, otpauth URI or sealed key').fill('no secret!');
    await showing.getByRole('button', { name: 'Show', exact: true }).click();
    await showing.getByRole('alert').waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
    await page.getByText(/\d+ of \d+ calls left/).waitFor();
    await page.getByRole('button', { name: 'Show usage' }).click();
    await page.locator('.usage meter').first().waitFor();

    await expectGoodLooks(page, colorScheme, width);
  });

  test.each(EYES)('the console, %s, %d pixels wide', async (colorScheme, width) => {
    const name = `a-long-name-without-a-space-${'x'.repeat(60)}-${colorScheme}-${width}`;
    const apiKey = await stage.server.createKey({ name, plan: 'ultra' });
    await using opened = await open(stage.browser, `${stage.server.httpUrl}/#key=${apiKey}`, {
      colorScheme,
      viewport: { width, height: 900 },
    });
    const { page, part } = opened;
    await page.getByRole('link', { name: 'Console' }).click();
    // A bar, a secret, a failure, and the attempts of a user.
    const row = part('API keys').getByRole('listitem').filter({ hasText: name });
    await row.getByText(name, { exact: true }).click();
    await row.getByText(`Revoke ${name}`).click();
    await row.getByRole('meter').first().waitFor();
    await row.getByRole('button', { name: 'Rotate' }).click();
    await part('The new secret').waitFor();
    const making = part('Make an API key');
    await making.getByLabel('Name').fill('nothing');
    await making.getByLabel('verify').uncheck();
    await making.getByRole('button', { name: 'Make the key' }).click();
    await making.getByRole('alert').waitFor();
    await part('Locked users').getByLabel('Fingerprint').fill('A'.repeat(22));
    await part('Locked users').getByRole('button', { name: 'Look', exact: true }).click();
    await part('Locked users').getByText('Not locked').waitFor();
    if (process.env['SHOTS']) await page.screenshot({ path: `/tmp/console-${colorScheme}-${width}.png`, fullPage: true });
    await expectGoodLooks(page, colorScheme, width);
  });
});
