/** The console of the page in a real browser: API keys from their creation to their revocation, and locked users. */
import { expect, test } from 'vitest';
import { startServer } from '../support/server.ts';
import { check, enrol, type OpenPage, open } from './browser.ts';
import { codeAt } from './code.ts';
import { pageSuite } from './suite.ts';

const PATIENT = { timeout: 10_000 };

pageSuite('the console', (stage) => {
  /** Opens the console with the admin key, by the switch in the header. */
  async function openConsole(apiKey = stage.server.apiKey, httpUrl = stage.server.httpUrl): Promise<OpenPage> {
    const opened = await open(stage.browser, `${httpUrl}/#key=${apiKey}`, { permissions: ['clipboard-read', 'clipboard-write'] });
    await opened.page.getByRole('link', { name: 'Console' }).click();
    return opened;
  }

  /** Makes a key with this name and the ticked scopes, and returns its secret as it is copied. */
  async function make(opened: OpenPage, name: string, plan = 'unlimited'): Promise<string> {
    const making = opened.part('Make an API key');
    await making.getByLabel('Name').fill(name);
    await making.getByLabel('Plan').selectOption(`plans/${plan}`);
    await making.getByRole('button', { name: 'Make the key' }).click();
    return copySecret(opened, name);
  }

  async function copySecret({ page, part }: OpenPage, name: string): Promise<string> {
    const note = part('The new secret');
    await note.getByText(`The secret of ${name}`).waitFor();
    await note.getByRole('button', { name: 'Copy' }).click();
    const secret = await note.locator('.secret').innerText();
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()'), PATIENT).toBe(secret);
    await note.getByRole('button', { name: 'put it away' }).click();
    await expect.poll(() => note.count()).toBe(0);
    await expect(page.content()).resolves.not.toContain(secret);
    return secret;
  }

  /** Opens a key in the list. */
  async function row({ part }: OpenPage, name: string) {
    const found = part('API keys').getByRole('listitem').filter({ hasText: name });
    await found.getByText(name, { exact: true }).click();
    return found;
  }

  /** Resolves to the status of a Verify over HTTP with this key: 200 if the key works. */
  async function callWith(apiKey: string): Promise<number> {
    const response = await fetch(`${stage.server.httpUrl}/otp.v1.OtpService/Verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
      body: JSON.stringify({ key: { secret: 'JBSWY3DPEHPK3PXP' }, code: '1' }),
    });
    return response.status;
  }

  test('a key is made and shown once, rotated with a grace, and revoked', async () => {
    await using opened = await openConsole();
    const secret = await make(opened, 'shop');
    await expect(callWith(secret)).resolves.toBe(200);

    const shop = await row(opened, 'shop');
    await expect.poll(() => shop.innerText(), PATIENT).toMatch(/works.*Tenant\s+default\s+Scopes\s+verify/s);
    await shop.getByLabel('Grace of the old secret').selectOption('1 hour');
    await shop.getByRole('button', { name: 'Rotate' }).click();
    await expect.poll(() => opened.part('The new secret').innerText(), PATIENT).toContain('The old secret ends in 1 hour.');
    const newSecret = await copySecret(opened, 'shop');
    expect(newSecret).not.toBe(secret);
    // A change of a key takes effect within half a second.
    await expect.poll(() => Promise.all([secret, newSecret].map(callWith)), PATIENT).toEqual([200, 200]);

    await shop.getByRole('button', { name: 'Revoke for ever' }).waitFor({ state: 'hidden' });
    await shop.getByText('Revoke shop …').click();
    await shop.getByRole('button', { name: 'Revoke for ever' }).click();
    await expect.poll(() => opened.part('API keys').getByRole('status').innerText(), PATIENT).toBe('shop is revoked.');
    await expect.poll(() => Promise.all([secret, newSecret].map(callWith)), PATIENT).toEqual([401, 401]);
    await expect.poll(() => shop.count(), PATIENT).toBe(0);
    await opened.part('API keys').getByLabel('Revoked and ended keys too').check();
    await expect.poll(() => shop.innerText(), PATIENT).toContain('revoked on 2');
    expect(opened.complaints).toEqual([]);
  });

  test('a key is made with the scopes, plan, tenant and end that are asked for; a mistake is named', async () => {
    await using opened = await openConsole();
    const making = opened.part('Make an API key');
    await making.getByLabel('Name').fill('till');
    await making.getByLabel('verify').uncheck();
    await making.getByRole('button', { name: 'Make the key' }).click();
    await expect.poll(() => making.getByRole('alert').innerText(), PATIENT).toContain('api_key.scopes');
    await making.getByLabel('generate').check();
    await making.getByLabel('seal').check();
    await making.getByLabel('Tenant').fill('acme');
    await making.getByLabel('Ends in days').fill('30');
    await make(opened, 'till', 'free');
    const till = await row(opened, 'till');
    const end = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    await expect
      .poll(() => till.innerText(), PATIENT)
      .toMatch(new RegExp(`works until ${end}.*Plan\\s+plans/free\\s+Tenant\\s+acme\\s+Scopes\\s+generate, seal`, 's'));
  });

  test('the bars show what a key has used, and the marks that it is over', async () => {
    const apiKey = await stage.server.createKey({ name: 'frugal', plan: 'free' });
    let calls = 0;
    while ((await callWith(apiKey)) === 200) calls += 1;
    await using opened = await openConsole();
    const frugal = await row(opened, 'frugal');
    const bar = frugal.getByRole('meter', { name: `${calls} of ${calls} in the` });
    await expect.poll(() => bar.first().getAttribute('high'), PATIENT).toBe(String(calls * 0.95));
    await expect(frugal.innerText()).resolves.toContain('over 95 %');
  });

  test('the last admin key is neither revoked nor rotated without a grace', async () => {
    const lonely = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
    try {
      await using opened = await openConsole(lonely.apiKey, lonely.httpUrl);
      const last = await row(opened, 'test');
      await last.getByText('Revoke test …').click();
      await last.getByRole('button', { name: 'Revoke for ever' }).click();
      const alert = last.getByRole('alert');
      await expect.poll(() => alert.innerText(), PATIENT).toContain('make another one with the scope admin first');
      await last.getByLabel('Grace of the old secret').selectOption('None: it ends at once');
      await last.getByRole('button', { name: 'Rotate' }).click();
      await expect.poll(() => alert.count(), PATIENT).toBe(2);
    } finally {
      await lonely.close();
    }
  });

  test('the key of a caller is refused with the missing scope', async () => {
    const apiKey = await stage.server.createKey({ scopes: ['verify'] });
    await using opened = await openConsole(apiKey);
    const alert = opened.page.getByRole('alert');
    await expect.poll(() => alert.innerText(), PATIENT).toMatch(/The API key may not do this.*This needs the scope admin/s);
    await expect(opened.part('API keys').count()).resolves.toBe(0);
    const field = opened.page.getByRole('textbox', { name: 'API key' });
    await field.fill(stage.server.apiKey);
    await opened.part('API keys').waitFor();
    await field.fill('');
    await expect.poll(() => opened.part('API keys').count(), PATIENT).toBe(0);
  });

  test('a user who typed five wrong codes is unlocked', async () => {
    await using opened = await openConsole();
    await opened.page.getByRole('link', { name: 'Try calls' }).click();
    const secret = (await enrol(opened)).searchParams.get('secret') ?? '';
    const right = [-1, 0, 1].map((step) => codeAt(secret, Date.now() + step * 30_000));
    const wrong = ['000000', '111111', '222222', '333333'].find((code) => !right.includes(code)) ?? '';
    for (const left of [4, 3, 2, 1, 0]) {
      const verdict = await check(opened, wrong);
      await expect.poll(() => verdict.innerText(), PATIENT).toMatch(new RegExp(`^MISMATCH.*Wrong codes left\\s+${left}`, 's'));
    }
    await opened.page.getByRole('link', { name: 'Console' }).click();
    const health = opened.part('The server').getByRole('status');
    await expect.poll(() => health.innerText(), PATIENT).toMatch(/The store is reached\..*mismatch\s+5/s);
    const locked = opened.part('Locked users');
    await locked.getByLabel('By', { exact: true }).selectOption('A key');
    await locked.getByLabel('Secret, otpauth URI or sealed key').fill(secret);
    await locked.getByRole('button', { name: 'Look', exact: true }).click();
    const status = locked.getByRole('status');
    await expect.poll(() => status.innerText(), PATIENT).toMatch(/5 wrong codes are counted\. Locked until 2/);
    await locked.getByRole('button', { name: 'Unlock' }).click();
    await expect
      .poll(() => status.innerText(), PATIENT)
      .toMatch(/0 wrong codes are counted\. Not locked\..*5 wrong codes are forgotten/s);
    // The hidden view has kept the key.
    await opened.page.getByRole('link', { name: 'Try calls' }).click();
    const verdict = await check(opened, codeAt(secret, Date.now()));
    await expect.poll(() => verdict.innerText(), PATIENT).toMatch(/^ACCEPTED/);
  });

  test('a lock is looked at by its fingerprint, and by a set of recovery codes', async () => {
    await using opened = await openConsole();
    await opened.page.getByRole('link', { name: 'Try calls' }).click();
    await opened.part('Recovery codes').getByRole('button', { name: 'Make codes' }).click();
    const blob = await opened.page.getByRole('status', { name: 'The new recovery codes' }).locator('.uri').innerText();
    await opened.page.getByRole('link', { name: 'Console' }).click();
    const locked = opened.part('Locked users');
    const status = locked.getByRole('status');
    const look = () => locked.getByRole('button', { name: 'Look', exact: true }).click();
    await locked.getByLabel('Fingerprint').fill('short');
    await look();
    await expect.poll(() => locked.getByRole('alert').innerText(), PATIENT).toContain('must be a fingerprint');
    await locked.getByLabel('Fingerprint').fill('A'.repeat(22));
    await look();
    await expect.poll(() => status.innerText(), PATIENT).toBe('0 wrong codes are counted. Not locked.');
    await locked.getByLabel('By', { exact: true }).selectOption('A set of recovery codes');
    await locked.getByLabel('Set', { exact: true }).fill(blob);
    await look();
    await expect.poll(() => locked.getByRole('alert').count(), PATIENT).toBe(1);
    await locked.getByLabel('Context of the set').fill('user-1/recovery/1');
    await look();
    await expect.poll(() => status.innerText(), PATIENT).toBe('0 wrong codes are counted. Not locked.');
  });

  test('more keys than a page holds are turned over with the keyboard', async () => {
    const crowded = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
    try {
      for (let made = 1; made <= 104; made += 1) await crowded.createKey({ name: `caller-${made}`, scopes: ['verify'] });
      await using opened = await openConsole(crowded.apiKey, crowded.httpUrl);
      const { page, part } = opened;
      const items = part('API keys').getByRole('listitem');
      await expect.poll(() => items.count(), PATIENT).toBe(50);
      const names = await items.locator('strong').allInnerTexts();
      await part('API keys').getByRole('button', { name: 'Next' }).focus();
      for (const [at, count] of [50, 5].entries()) {
        await page.keyboard.press('Enter');
        await part('API keys')
          .getByText(`Page ${at + 2}`)
          .waitFor();
        await expect.poll(() => items.count(), PATIENT).toBe(count);
        names.push(...(await items.locator('strong').allInnerTexts()));
      }
      // Keys of the same millisecond are in any order.
      expect(names.toSorted()).toEqual(['test', ...Array.from({ length: 104 }, (_, at) => `caller-${at + 1}`)].toSorted());
      await page.keyboard.press('Enter');
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Enter');
      await expect.poll(() => items.first().innerText(), PATIENT).toMatch(new RegExp(`^${names[50]}\\s`));
    } finally {
      await crowded.close();
    }
  });

  test('it is reached with the keyboard, and by its address', async () => {
    await using opened = await open(stage.browser, `${stage.server.httpUrl}/#key=${stage.server.apiKey}`);
    const { page, part } = opened;
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await part('API keys').waitFor();
    expect(page.url()).toBe(`${stage.server.httpUrl}/#console`);
    await expect(page.getByRole('link', { name: 'Console' }).getAttribute('aria-current')).resolves.toBe('page');
    await page.goBack();
    await part('Enrol an account').waitFor();
    await page.goto(`${stage.server.httpUrl}/#console`);
    await page.reload();
    await page.getByText('The console needs an API key with the scope admin').waitFor();
  });

  test('it asks no other host, and no secret is in an address, the log or a store of the browser', async () => {
    await using opened = await openConsole();
    const secret = await make(opened, 'quiet');
    for (const url of opened.requested) expect(new URL(url).origin).toBe(stage.server.httpUrl);
    const said = [...opened.requested.map((url) => url.replace(/#.*/, '')), ...stage.server.log, ...opened.complaints].join('\n');
    expect(said).not.toContain(secret);
    await expect(opened.page.evaluate('JSON.stringify([sessionStorage, localStorage, document.cookie])')).resolves.toBe(
      '[{},{},""]',
    );
  });
});
