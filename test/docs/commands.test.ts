/** A test runs every command of every page: this one, another suite, or none for a stated reason. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../clients/runner.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Command, commandsOf, PAGES, patternOf } from './pages.ts';

/** The pages whose commands are run here, in order and in one shell. */
const HERE = ['README.md', 'docs/guide.md', 'docs/api-keys.md', 'docs/operations.md', 'docs/audit-trail.md'];

/** The pages whose commands another suite runs. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'deploy/README.md': 'test/deploy/image.test.ts',
  'deploy/helm/otpd/README.md': 'test/deploy/chart.test.ts',
  'docs/debugging.md': 'test/clients/debugging.test.ts',
  'docs/http.md': 'test/http/docs.test.ts',
  'docs/import-export.md': 'test/cli/import-docs.test.ts',
  'docs/rest.md': 'test/rest/docs.test.ts',
  'docs/sealed-keys.md': 'test/cli/seal.test.ts',
};

/** The commands or pages that no test runs unchanged, by their beginning, with the reason. */
const NOT_RUN: readonly { readonly page: string; readonly command?: string; readonly why: string }[] = [
  { page: 'README.md', command: 'npm ci && npm start', why: 'it installs, as CI does first, and serves until it is stopped' },
  { page: 'CONTRIBUTING.md', why: 'it installs, and serves until it is stopped' },
  { page: 'bench/README.md', why: 'it takes minutes; CI runs `npm run bench -- --quick`' },
  {
    page: 'examples/README.md',
    why: 'apps serve until they are stopped; test/clients/examples.test.ts installs and starts each in the same way',
  },
  { page: 'clients/', why: 'the paths are examples; test/clients/runners does the same for each language' },
  { page: 'deploy/', why: 'it needs a Docker engine, systemd or Kubernetes; `npm run test:deploy` tries the parts without them' },
  {
    page: 'docs/scale.md',
    why: 'the nodes are examples; test/chaos/redis-cluster.test.ts moves slots of a real Cluster under load',
  },
  { page: 'test/clients/README.md', why: 'it is a suite, which CI runs' },
  { page: 'test/conformance/README.md', why: 'it is a suite, which CI runs, and a call of its tool for a debugger' },
];

const isLeftOut = ({ page, command }: Command) =>
  NOT_RUN.some((left) => page.startsWith(left.page) && command.startsWith(left.command ?? ''));

let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-docs-'));
  writeFileSync(join(folder, 'otpd'), `#!/bin/sh\nexec ${process.execPath} ${resolve('src/main.ts')} "$@"\n`, { mode: 0o700 });
  server = await startServer({ flags: { httpListen: '127.0.0.1:0', auditLog: join(folder, 'audit.jsonl') } });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

it('leaves no command out without a reason', () => {
  const covered = new Set([...HERE, ...Object.keys(ELSEWHERE)]);
  const forgotten = [...PAGES.keys()].flatMap(commandsOf).filter((command) => !covered.has(command.page) && !isLeftOut(command));
  expect(forgotten).toEqual([]);
});

it.each(Object.entries(ELSEWHERE))('%s is read by %s', (page, suite) => {
  expect(commandsOf(page)).not.toEqual([]);
  expect(existsSync(suite) && readFileSync(suite, 'utf8')).toContain(page);
});

describe.each(HERE)('%s', (page) => {
  const commands = commandsOf(page).filter((command) => !isLeftOut(command));

  it('has commands that succeed, with the answers that it shows', async () => {
    // A later command has the variables that an earlier command exported. The commands of the README are for a checkout, the others for an
    // installation.
    const place = page === 'README.md' ? process.cwd() : folder;
    const script = commands.map(({ command }, n) => `${command}\necho "--- end of ${n}"`).join('\n');
    const [, ID = ''] = (await server.createKey({ plan: 'pro' })).split('_');
    const { exitCode, stdout, stderr } = await execute(
      'bash',
      ['-eo', 'pipefail', '-c', `cd ${place}\n${script.replaceAll('http://127.0.0.1:50080', server.httpUrl)}`],
      60_000,
      {
        PATH: [folder, resolve('node_modules/.bin'), process.env['PATH']].join(delimiter),
        OTPD_ADDRESS: server.address,
        OTPD_API_KEY: server.apiKey,
        OTPD_DATA_DIR: server.dataDir,
        ID,
      },
    );
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const answers = stdout.split(/--- end of \d+\n/);
    for (const [n, { command, answer }] of commands.entries())
      if (answer !== undefined) expect(answers[n], command).toMatch(patternOf(answer));
    if (page === 'README.md') expect(answers[0]).toMatch(/accepted\b.*\n.*already used/);
  }, 60_000);
});
