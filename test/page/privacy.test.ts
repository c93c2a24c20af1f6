/** The page keeps secrets private, in a real browser: no key, secret or code is in an address, a log or a browser store. */
import { expect, test } from 'vitest';
import { check, enrol, open } from './browser.ts';
import { codeAt } from './code.ts';
import { pageSuite } from './suite.ts';

pageSuite('the privacy of the page', (stage) => {
  test('no key, secret or code is in an address that is asked for or in the log, and no other host is asked', async () => {
    const opened = await open(stage.browser, `${stage.server.httpUrl}/#key=${stage.server.apiKey}`);
    const { page, part, requested, complaints } = opened;
    const secret = (await enrol(opened)).searchParams.get('secret') ?? '';
    const code = codeAt(secret, Date.now());
    await check(opened, code);
    await part('Check a code').getByText('ACCEPTED', { exact: true }).waitFor();
    await part('Show the code of a secret').getByRole('button', { name: 'Show', exact: true }).click();
    await part('Show the code of a secret').locator('.code').waitFor();
    expect(page.url()).toBe(`${stage.server.httpUrl}/`);
    await opened[Symbol.asyncDispose]();

    const asked = requested.filter((url) => !url.startsWith('data:image/png;base64,'));
    expect(asked.length).toBeGreaterThan(5);
    // The fragment of the link stays in the browser, so the requested address does not contain it.
    for (const url of asked) expect(new URL(url).origin).toBe(stage.server.httpUrl);
    const sent = asked.map((url) => url.replace(/#.*/, ''));
    const said = [...sent, ...stage.server.log, ...complaints].join('\n');
    for (const value of [stage.server.apiKey, secret, code]) expect(said).not.toContain(value);
    expect(complaints).toEqual([]);
  });

  test('the key is forgotten when the page is loaded again, unless the box is ticked', async () => {
    await using opened = await open(stage.browser, `${stage.server.httpUrl}/#key=${stage.server.apiKey}`);
    const { page } = opened;
    const field = page.getByLabel('API key');
    const box = page.getByLabel('Keep it in this tab');
    await expect(field.inputValue()).resolves.toBe(stage.server.apiKey);
    const stored = () => page.evaluate('JSON.stringify([sessionStorage, localStorage, document.cookie])');
    await expect(stored()).resolves.toBe('[{},{},""]');
    await page.reload();
    await expect(field.inputValue()).resolves.toBe('');
    await field.fill(stage.server.apiKey);
    await box.check();
    await page.reload();
    await expect(field.inputValue()).resolves.toBe(stage.server.apiKey);
    await box.uncheck();
    await expect(stored()).resolves.toBe('[{},{},""]');
    // The secret is not in the history: the previous page is empty.
    await page.goBack();
    expect(page.url()).not.toContain('otpd_');
  });
});
