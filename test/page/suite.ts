/** A suite of the page, with a new browser and server. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { suiteUnless } from '../support/needy-suite.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { launch, noBrowser } from './browser.ts';

/** The browser and the server, which start before the first test. */
interface Stage {
  browser: Browser;
  server: TestServer;
}

export function pageSuite(name: string, suite: (stage: Readonly<Stage>) => void): void {
  suiteUnless(noBrowser, name, () => {
    const stage: Partial<Stage> = {};
    beforeAll(async () => {
      stage.browser = await launch();
      stage.server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
    });
    afterAll(async () => {
      await stage.browser?.close();
      await stage.server?.close();
    });
    suite(stage as Stage);
  });
}
