/** The calls of the page, in a real browser. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import jsqr from 'jsqr';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { startServer } from '../support/server.ts';
import { check, enrol, type OpenPage, open } from './browser.ts';
import { codeAt } from './code.ts';
import { pageSuite } from './suite.ts';

/** A single key, in the export format of Google Authenticator. */
const MIGRATION =
  'otpauth-migration://offline?data=CjUKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZSABKAEwAhABGAEgAA%3D%3D';

const PATIENT = { timeout: 10_000 };

pageSuite('the page', (stage) => {
  const openWithKey = (apiKey = stage.server.apiKey) => open(stage.browser, `${stage.server.httpUrl}/#key=${apiKey}`);

  test('a key is enrolled by its picture, and its code is accepted once', async () => {
    await using opened = await openWithKey();
    const { page, part } = opened;
    const uri = await enrol(opened);
    const { data, width, height } = PNG.sync.read(await page.screenshot({ fullPage: true }));
    const scanned = jsqr.default(new Uint8ClampedArray(data), width, height)?.data ?? '';
    expect(scanned).toBe(uri.href);
    expect(new URL(scanned).pathname).toBe('/ACME:alice%40example.com');
    const secret = new URL(scanned).searchParams.get('secret') ?? '';
    await expect(part('Enrol an account').locator('.secret').innerText()).resolves.toBe(secret.replaceAll(/.{4}(?=.)/g, '$& '));

    const code = codeAt(secret, Date.now());
    const verdict = await check(opened, code);
    await expect
      .poll(() => verdict.innerText(), PATIENT)
      .toMatch(/^ACCEPTED.*Drift\s+(none|1 step behind)\s+Wrong codes left\s+5/s);
    await check(opened, code);
    await expect.poll(() => verdict.innerText(), PATIENT).toMatch(/^REPLAYED/);
  });

  test('the usage of the plan is shown on request, with a bar for each window', async () => {
    await using opened = await openWithKey(await stage.server.createKey({ plan: 'pro' }));
    const { page } = opened;
    await page.getByRole('button', { name: 'Show usage' }).click();
    const bar = page.getByRole('meter', { name: '1 of 1,000 in the hour' });
    await bar.waitFor();
    expect(await page.locator('.usage meter').count()).toBe(3);
    const attributes = await Promise.all(['max', 'low', 'high', 'value'].map((name) => bar.getAttribute(name)));
    expect(attributes).toEqual(['1000', '800', '950', '1']);
    await page.getByLabel('API key').fill('otpd_wrong');
    await page.getByRole('button', { name: 'Show usage' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.locator('.usage meter').count()).toBe(0);
  });

  test('the code of a new key is shown as it runs, and that of any key on request', async () => {
    await using opened = await openWithKey();
    const { part } = opened;
    const uri = await enrol(opened);
    const live = part('Enrol an account').locator('.code');
    const codes = [0, -30_000].map((ago) => codeAt(uri.searchParams.get('secret') ?? '', Date.now() + ago));
    await expect.poll(async () => codes.includes((await live.innerText()).replace(' ', '')), PATIENT).toBe(true);
    const showing = part('Show the code of a secret');
    await showing.getByLabel('Secret, otpauth URI or sealed key').fill('JBSWY3DPEHPK3PXP');
    await showing.getByText('Advanced').click();
    await showing.getByLabel('Period in seconds').fill('2');
    await showing.getByRole('button', { name: 'Show', exact: true }).click();
    const shown = showing.locator('.code');
    await shown.waitFor();
    const first = await shown.innerText();
    await expect.poll(() => shown.innerText(), PATIENT).not.toBe(first);
    expect(Number.parseInt(await showing.getByRole('timer').innerText(), 10)).toBeLessThanOrEqual(2);
    await showing.getByRole('button', { name: 'Stop' }).click();
    await expect.poll(() => shown.count()).toBe(0);
  });

  test('a sealed key is confirmed by the first code of the device, and then checked as it is stored', async () => {
    await using opened = await openWithKey();
    const { part } = opened;
    const enrolling = part('Enrol an account');
    await enrolling.getByLabel(/^Seal the key/).check();
    const uri = await enrol(opened);
    await expect(enrolling.locator('.secret, .code').count()).resolves.toBe(0);
    const secret = uri.searchParams.get('secret') ?? '';
    const confirming = part('Confirm the enrolment');
    const status = confirming.getByRole('status');
    const confirm = async (code: string) => {
      await confirming.getByLabel('Code of the app').fill(code);
      await confirming.getByRole('button', { name: 'Confirm', exact: true }).click();
    };
    const right = [-1, 0, 1].map((step) => codeAt(secret, Date.now() + step * 30_000));
    await confirm(['000000', '111111', '222222', '333333'].find((code) => !right.includes(code)) ?? '');
    await expect.poll(() => status.innerText(), PATIENT).toMatch(/^MISMATCH/);
    await expect(status.locator('.uri').count()).resolves.toBe(0);
    // The code of the previous step is still right, and leaves the current code for the check.
    await confirm(codeAt(secret, Date.now() - 30_000));
    await expect.poll(() => status.innerText(), PATIENT).toMatch(/^ACCEPTED.*Sealed key to store/s);
    const blob = await status.locator('.uri').innerText();
    expect(blob).toMatch(/^otpk1_[\w-]+$/);
    await expect(part('Check a code').getByLabel('Secret, otpauth URI or sealed key').inputValue()).resolves.toBe(blob);
    const verdict = await check(opened, codeAt(secret, Date.now()));
    await expect.poll(() => verdict.innerText(), PATIENT).toMatch(/^ACCEPTED/);
    await part('Check a code').getByLabel('Context of the sealed key').fill('user-2/totp/1');
    await check(opened, codeAt(secret, Date.now()));
    await expect.poll(() => part('Check a code').getByRole('alert').innerText(), PATIENT).toContain('cannot be opened');
  });

  test('recovery codes are made, printed alone, used once each, and revoked', async () => {
    await using opened = await openWithKey();
    const { page } = opened;
    const recovering = opened.part('Recovery codes');
    await recovering.getByLabel('How many').fill('3');
    await recovering.getByRole('button', { name: 'Make codes' }).click();
    const codes = await recovering.locator('.recovery-codes li').allInnerTexts();
    expect(codes).toHaveLength(3);
    await page.emulateMedia({ media: 'print' });
    await expect(page.getByRole('heading', { name: 'Enrol an account' }).isVisible()).resolves.toBe(false);
    // Not by role, since on paper the parts around the codes are hidden.
    await expect(page.locator('.recovery-codes li').first().isVisible()).resolves.toBe(true);
    await page.emulateMedia({ media: 'screen' });
    const checking = opened.part('Check a recovery code');
    const status = checking.getByRole('status');
    const checkCode = async (code: string) => {
      await checking.getByLabel('Recovery code', { exact: true }).fill(code);
      await checking.getByRole('button', { name: 'Check', exact: true }).click();
    };
    await checkCode(codes[0]?.toLowerCase() ?? '');
    await expect.poll(() => status.innerText(), PATIENT).toMatch(/^ACCEPTED.*Codes left\s+2/s);
    await checkCode(codes[0] ?? '');
    await expect.poll(() => status.innerText(), PATIENT).toMatch(/^REPLAYED/);
    await checking.getByRole('button', { name: 'Revoke the set' }).click();
    await expect.poll(() => status.innerText(), PATIENT).toContain('The set is revoked');
    await checkCode(codes[1] ?? '');
    await expect.poll(() => status.innerText(), PATIENT).toMatch(/^REPLAYED.*Codes left\s+0/s);
  });

  test('keys are imported from URIs, and each unreadable URI is reported', async () => {
    const apiKey = await stage.server.createKey({ scopes: ['seal', 'verify'] });
    await using opened = await openWithKey(apiKey);
    const importing = opened.part('Import keys');
    const secret = 'JBSWY3DPEHPK3PXP';
    await importing
      .getByLabel('URIs, each on a line')
      .fill(`otpauth://totp/ACME:bob?secret=${secret}&issuer=ACME\notpauth://totp/x?secret=!\n${MIGRATION}`);
    await importing.getByRole('button', { name: 'Import', exact: true }).click();
    const found = opened.page.getByRole('status', { name: 'The imported keys' });
    await expect.poll(() => found.innerText(), PATIENT).toMatch(/ACME: bob.*Key 1 of URI 2.*Example: alice@google\.com/s);
    const blob = await found.locator('.uri').first().innerText();
    await opened.part('Check a code').getByLabel('Secret, otpauth URI or sealed key').fill(blob);
    await opened.part('Check a code').getByLabel('Context of the sealed key').fill('user-1/totp/1');
    const verdict = await check(opened, codeAt(secret, Date.now()));
    await expect.poll(() => verdict.innerText(), PATIENT).toMatch(/^(ACCEPTED|REPLAYED)/);
  });

  test('wrong codes are counted until the key is locked, and a code of another form is not', async () => {
    await using opened = await openWithKey();
    const uri = await enrol(opened);
    const right = [-1, 0, 1].map((step) => codeAt(uri.searchParams.get('secret') ?? '', Date.now() + step * 30_000));
    const wrong = ['000000', '111111', '222222', '333333'].find((code) => !right.includes(code)) ?? '';
    const verdict = await check(opened, '12345');
    await expect.poll(() => verdict.innerText(), PATIENT).toMatch(/^MALFORMED/);
    for (const left of [4, 3, 2, 1, 0]) {
      await check(opened, wrong);
      await expect.poll(() => verdict.innerText(), PATIENT).toMatch(new RegExp(`^MISMATCH.*Wrong codes left\\s+${left}`, 's'));
    }
    await check(opened, wrong);
    await expect.poll(() => verdict.innerText(), PATIENT).toMatch(/^THROTTLED.*Next try\s+in \d+ s/s);
  });

  test('a HOTP is enrolled, shown and checked by its counter', async () => {
    await using opened = await openWithKey();
    const { part } = opened;
    const enrolling = part('Enrol an account');
    await enrolling.getByText('Advanced').click();
    await enrolling.getByLabel('Type', { exact: true }).selectOption('HOTP, by counter');
    await enrolling.getByLabel('Counter').fill('7');
    await enrol(opened);
    const code = await enrolling.locator('.code').innerText();
    const showing = part('Show the code of a secret');
    await showing.getByRole('button', { name: 'Show', exact: true }).click();
    await expect.poll(() => showing.locator('.code').innerText(), PATIENT).toBe(code);
    const verdict = await check(opened, code);
    await expect.poll(() => verdict.innerText(), PATIENT).toMatch(/^ACCEPTED.*Counter to store\s+8/s);
  });

  test.each([
    ['no key', '', 'The API key was not accepted'],
    ['a wrong key', 'otpd_wrong', 'The API key was not accepted'],
    ['a key without the scope', 'scopeless', 'The API key may not do this'],
    ['a plan that is used up', 'free', 'A limit is reached'],
  ])('with %s the page says what to do', async (_, name, title) => {
    const made = { scopeless: { scopes: ['verify'] as const }, free: { plan: 'free' } }[name];
    const apiKey = made === undefined ? name : await stage.server.createKey(made);
    await using opened = await openWithKey();
    await opened.page.getByLabel('API key').fill(apiKey);
    const making = opened.part('Enrol an account');
    const alert = making.getByRole('alert');
    for (let call = 0; call < 6 && (await alert.count()) === 0; call += 1) {
      await making.getByRole('button', { name: 'Make a key' }).click();
      await expect.poll(async () => (await alert.count()) + (await making.locator('.qr').count()), PATIENT).toBeGreaterThan(0);
      await expect.poll(() => making.locator('button[aria-disabled=true]').count(), PATIENT).toBe(0);
    }
    await expect.poll(() => alert.first().innerText(), PATIENT).toContain(title);
    expect(await alert.first().innerText()).toMatch(name === 'free' ? /Try again in \d+ s/ : /request id/);
  });

  test('a mistake in a field is named', async () => {
    await using opened = await openWithKey();
    await opened.part('Check a code').getByLabel('Secret, otpauth URI or sealed key').fill('not base 32!');
    await check(opened, '123456');
    const alert = opened.part('Check a code').getByRole('alert');
    await expect.poll(() => alert.innerText(), PATIENT).toMatch(/key\.secret: must be base32/);
  });

  test.each(['Enrol an account', 'Check a code', 'Show the code of a secret'])(
    '%s: the call by curl works as copied',
    async (heading) => {
      await using opened = await openWithKey();
      await enrol(opened);
      await check(opened, '123456');
      const box = opened.part(heading);
      await box.getByText('The same call from a program').click();
      await box.getByRole('radio', { name: 'curl', exact: true }).check();
      const command = await box.getByRole('region', { name: 'The call for curl' }).innerText();
      const env = { ...process.env, OTPD_API_KEY: stage.server.apiKey };
      // The watch command runs until it is stopped.
      const { stdout } = await promisify(execFile)('timeout', ['3', 'sh', '-c', command], { env }).catch((error) => error);
      expect(stdout).toMatch(/"secretGrouped":|"status":"VERIFY_STATUS_|"token":\{"code":"\d{6}"/);
    },
  );

  test('each call is offered in every language', async () => {
    await using opened = await openWithKey();
    const boxes = await opened.page.locator('details.programs').all();
    const offered = await Promise.all(boxes.map((box) => box.locator('label').allTextContents()));
    expect(offered.length).toBeGreaterThanOrEqual(6);
    expect(offered).toEqual(boxes.map(() => ['grpcurl', 'curl', 'TypeScript', 'Go', 'Python']));
  });

  test('calls and running codes report a server that has stopped', async () => {
    const stopping = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
    await using opened = await open(stage.browser, `${stopping.httpUrl}/#key=${stopping.apiKey}`);
    await enrol(opened);
    await opened.part('Enrol an account').locator('.code').waitFor();
    await stopping.close();
    const live = opened.part('Enrol an account').getByRole('alert');
    await expect.poll(() => live.innerText(), PATIENT).toMatch(/The server cannot (answer now|be reached)/);
    await check(opened, '123456');
    const alert = opened.part('Check a code').getByRole('alert');
    await expect.poll(() => alert.innerText(), PATIENT).toContain('The server cannot be reached');
  });

  test('a code keeps running when the connections of its stream end by their age', async () => {
    const flags = { httpListen: '127.0.0.1:0', maxConnectionAge: '1s', maxConnectionAgeGrace: '0s' };
    await using parts = new AsyncDisposableStack();
    const aging = parts.adopt(await startServer({ flags }), (one) => one.close());
    await using opened = await open(stage.browser, `${aging.httpUrl}/#key=${aging.apiKey}`);
    await enrol(opened);
    const box = opened.part('Enrol an account');
    await box.locator('.code').waitFor();
    const ended = () =>
      aging.log.filter((line) => line.includes('/WatchToken"') && line.includes('CONNECTION_AGE_EXCEEDED')).length;
    await expect.poll(ended, PATIENT).toBeGreaterThan(1);
    await expect.poll(() => box.locator('.code').count(), PATIENT).toBe(1);
    expect(await box.getByRole('alert').count()).toBe(0);
  });

  test('all of it works with the keyboard alone', async () => {
    await using opened = await openWithKey();
    const { page, part }: OpenPage = opened;
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await part('Enrol an account').getByLabel('Account', { exact: true }).focus();
    // Past the checkbox and the advanced fields to the button.
    await press('Tab', 'Tab', 'Tab', 'Enter');
    await part('Enrol an account').locator('.code').waitFor();
    await page.getByLabel('Code', { exact: true }).focus();
    await page.keyboard.type('12345');
    await press('Enter');
    await expect.poll(() => part('Check a code').getByRole('status').innerText(), PATIENT).toMatch(/^MALFORMED/);
    await part('Check a code').getByText('The same call from a program').focus();
    await press('Enter', 'Tab', 'ArrowRight', 'ArrowRight');
    await expect(part('Check a code').getByRole('radio', { name: 'TypeScript' }).isChecked()).resolves.toBe(true);
  });
});
