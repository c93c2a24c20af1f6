/** The page keeps secrets to itself, in a real browser: no key, secret or code is in an address, a log or a store that nobody asked for. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { suiteUnless } from '../support/needy-suite.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { check, enrol, launch, noBrowser, open } from './browser.ts';
import { codeAt } from './code.ts';

suiteUnless(noBrowser, 'the privacy of the page', () => {
  let browser: Browser;
  let server: TestServer;
  beforeAll(async () => {
    browser = await launch();
    server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test('no key, secret or code is in an address that is asked for or in the log, and no other host is asked', async () => {
    const opened = await open(browser, `${server.httpUrl}/#key=${server.apiKey}`);
    const { page, part, requested, complaints } = opened;
    const secret = (await enrol(opened)).searchParams.get('secret') ?? '';
    const code = codeAt(secret, Date.now());
    await check(opened, code);
    await part('Check a code').getByText('ACCEPTED', { exact: true }).waitFor();
    await part('Show the code of a secret').getByRole('button', { name: 'Show', exact: true }).click();
    await part('Show the code of a secret').locator('.code').waitFor();
    expect(page.url()).toBe(`${server.httpUrl}/`);
    await opened[Symbol.asyncDispose]();

    const asked = requested.filter((url) => !url.startsWith('data:image/png;base64,'));
    expect(asked.length).toBeGreaterThan(5);
    // The fragment of the link stays in the browser: the address that is asked for is without it.
    for (const url of asked) expect(new URL(url).origin).toBe(server.httpUrl);
    const sent = asked.map((url) => url.replace(/#.*/, ''));
    const said = [...sent, ...server.log, ...complaints].join('\n');
    for (const value of [server.apiKey, secret, code]) expect(said).not.toContain(value);
    expect(complaints).toEqual([]);
  });

  test('the key is forgotten when the page is loaded again, unless the box is ticked', async () => {
    await using opened = await open(browser, `${server.httpUrl}/#key=${server.apiKey}`);
    const { page } = opened;
    const field = page.getByLabel('API key');
    const box = page.getByLabel('Keep it in this tab');
    await expect(field.inputValue()).resolves.toBe(server.apiKey);
    const stored = () => page.evaluate('JSON.stringify([sessionStorage, localStorage, document.cookie])');
    await expect(stored()).resolves.toBe('[{},{},""]');
    await page.reload();
    await expect(field.inputValue()).resolves.toBe('');
    await field.fill(server.apiKey);
    await box.check();
    await page.reload();
    await expect(field.inputValue()).resolves.toBe(server.apiKey);
    await box.uncheck();
    await expect(stored()).resolves.toBe('[{},{},""]');
    // Nor is it in the history: the page before is the empty one.
    await page.goBack();
    expect(page.url()).not.toContain('otpd_');
  });
});
