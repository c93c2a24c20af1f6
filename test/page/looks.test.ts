/** The page for all eyes: light and dark, narrow and wide, by axe-core and without a bar to scroll sideways. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { check, enrol, open } from './browser.ts';
import { pageSuite } from './suite.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RUN =
  'axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, html: nodes.map((n) => n.html) })))';

pageSuite('the looks of the page', (stage) => {
  test.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 360],
    ['dark', 360],
  ] as const)('%s, %d pixels wide', async (colorScheme, width) => {
    // A limited plan shows its bar, and a wrong code the other colours.
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

    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe(colorScheme === 'dark' ? 'rgb(18, 22, 28)' : 'rgb(244, 246, 249)');
    await page.evaluate(AXE);
    const violations = (await page.evaluate(RUN)) as { impact: string }[];
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });
});
