/** A page in a real browser, with its network requests. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';

/** The path in Debian's package. */
const CHROMIUM = '/usr/bin/chromium';

/** A message if there is no browser; undefined if there is one. */
export const noBrowser: string | undefined = existsSync(CHROMIUM) ? undefined : `${CHROMIUM} is not there (Debian: chromium)`;

export function launch(): Promise<Browser> {
  // Containers do not support the sandbox, and the pages are those of this project.
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** The part of the page under a heading. */
  readonly part: (heading: string) => Locator;
  /** The requested addresses, and the errors that the browser reported, such as breaches of the policy. */
  readonly requested: string[];
  readonly complaints: string[];
}

/** Opens `url` as a new user without stored data. */
export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(url);
  return {
    page,
    requested,
    complaints,
    part: (heading) => page.getByRole('region', { name: heading }),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** Makes a key on the page, and returns its URI. */
export async function enrol({ part }: OpenPage): Promise<URL> {
  await part('Enrol an account').getByRole('button', { name: 'Make a key' }).click();
  return new URL(await part('Enrol an account').locator('.uri').innerText());
}

/** Checks a code on the page, and returns the verdict that is shown. */
export async function check({ part }: OpenPage, code: string): Promise<Locator> {
  const checking = part('Check a code');
  await checking.getByLabel('Code', { exact: true }).fill(code);
  await checking.getByRole('button', { name: 'Check', exact: true }).click();
  return checking.getByRole('status');
}
