/** Runs the commands in docs/rest.md unchanged against a server: each answer has the members that the page shows. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { suiteUnless } from '../support/needy-suite.ts';
import { type RestServer, startRestServer } from './rest-server.ts';

const execute = promisify(execFile);
const PAGE = readFileSync('docs/rest.md', 'utf8');
const COMMANDS = [...PAGE.matchAll(/^```sh\n(.*?)^```\n\n```json\n(.*?)^```$/gms)].map(([, command = '', shown = '']) => [
  command,
  shown,
]);

suiteUnless(spawnSync('curl', ['--version']).status === 0 ? undefined : 'curl is not installed', 'docs/rest.md', () => {
  let server: RestServer;

  beforeAll(async () => {
    server = await startRestServer();
  });
  afterAll(() => server.close());

  it('shows a command for each call', () => {
    expect(COMMANDS).toHaveLength(PAGE.split('```sh\n').length - 1);
    expect(COMMANDS).toHaveLength(6);
  });

  it.each(COMMANDS)('%s', async (command = '', shown = '') => {
    const env = { ...process.env, OTPD_API_KEY: server.apiKey };
    const { stdout } = await execute('sh', ['-c', command.replaceAll('http://127.0.0.1:50080', server.origin)], { env });
    expect(formOf(JSON.parse(stdout))).toEqual(formOf(JSON.parse(shown)));
  });
});

/** Returns a value without the parts that differ from call to call: the names of its members, in order, and their types. */
function formOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value === null ? null : typeof value;
  return Object.entries(value).map(([name, member]) => [name, formOf(member)]);
}
