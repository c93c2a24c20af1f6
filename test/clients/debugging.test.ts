/** Runs every command of docs/debugging.md unchanged, against a server as its section describes. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAuthority, makeCertificate } from '../support/certificates.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { execute, type Outcome } from './runner.ts';

interface Example {
  readonly section: string;
  readonly command: string;
  /** The text below the command; undefined if there is none. */
  readonly answer: string | undefined;
}

const BLOCK = /^## (?<section>.*)$|^```sh\n(?<command>[\s\S]*?)^```\n(?:\n```text\n(?<answer>[\s\S]*?)^```\n)?/gm;
const examples = readExamples(readFileSync('docs/debugging.md', 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'otpd-debugging-'));
const servers = new Map<string, TestServer>();

beforeAll(async () => {
  expect((await execute('scripts/install-plugins', ['grpcurl'], 200_000)).exitCode).toBe(0);
  symlinkSync(resolve('gen'), join(folder, 'gen'));
  const ca = makeAuthority(folder, 'ca');
  const own = makeCertificate(folder, 'server', ca);
  makeCertificate(folder, 'client', ca);
  const tls = { tlsCert: own.cert, tlsKey: own.key };
  servers.set('With TLS', await startServer({ flags: tls }));
  servers.set('With mutual TLS', await startServer({ flags: { ...tls, tlsClientCa: ca.cert } }));
  servers.set('Without reflection', await startServer({ flags: { noReflection: true } }));
  servers.set('', await startServer());
});
afterAll(async () => {
  for (const server of servers.values()) await server.close();
  rmSync(folder, { recursive: true });
});

test('the page has commands of both tools for every section', () => {
  expect(examples.length).toBeGreaterThan(20);
  for (const name of ['Generate', 'Token', 'Verify', 'WatchToken']) {
    expect(examples.some(({ command }) => command.includes(`OtpService/${name}`))).toBe(true);
  }
});

test.each(examples)('$section: $command', async ({ section, command, answer }) => {
  const { exitCode, stdout, stderr } = await run(command, servers.get(section) ?? servers.get(''));
  if (answer === undefined) expect(exitCode, stderr).toBe(0);
  else expect(`${stdout}${stderr}`).toMatch(patternOf(answer));
});

function readExamples(page: string): Example[] {
  let section = '';
  return [...page.matchAll(BLOCK)].flatMap(({ groups = {} }) => {
    section = groups['section'] ?? section;
    return groups['command'] === undefined ? [] : [{ section, command: groups['command'], answer: groups['answer'] }];
  });
}

function run(command: string, server: TestServer | undefined): Promise<Outcome> {
  const path = [resolve('.plugins/bin'), resolve('node_modules/.bin'), process.env['PATH']].join(delimiter);
  const env = { PATH: path, OTPD_ADDRESS: `localhost:${server?.port}`, OTPD_API_KEY: server?.apiKey ?? '' };
  return execute('bash', ['-o', 'pipefail', '-c', `cd ${folder}\n${command}`], 60_000, env);
}

/** Returns an answer as a pattern: `…` stands for any text in a line, or on a separate line for any lines. Each line may continue. */
function patternOf(answer: string): RegExp {
  const line = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '.*');
  const passages = answer.trimEnd().split('\n…\n');
  return new RegExp(passages.map((passage) => passage.split('\n').map(line).join('.*\n')).join('[^]*?'));
}
