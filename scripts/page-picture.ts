/** Draws docs/page.png: starts a server, and shows the page in Chromium after an enrolment and a check. */
import { chromium } from 'playwright-core';
import { startServer } from '../test/support/server.ts';

const FILE = 'docs/page.png';

const server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ viewport: { width: 1180, height: 900 }, colorScheme: 'light' });
  await page.goto(`${server.httpUrl}/#key=${server.apiKey}`);
  const [enrolling, checking, showing] = ['Enrol an account', 'Check a code', 'Show the code of a secret'].map((name) =>
    page.getByRole('region', { name }),
  );
  await enrolling?.getByRole('button', { name: 'Make a key' }).click();
  const code = await enrolling?.locator('.countdown .code').innerText();
  await checking?.getByLabel('Code', { exact: true }).fill(code ?? '');
  await checking?.getByRole('button', { name: 'Check', exact: true }).click();
  await checking?.getByText('ACCEPTED', { exact: true }).waitFor();
  await checking?.getByText('The same call from a program').click();
  await showing?.getByRole('button', { name: 'Show', exact: true }).click();
  await showing?.locator('.countdown').waitFor();
  await page.screenshot({ path: FILE });
} finally {
  await browser.close();
  await server.close();
}
