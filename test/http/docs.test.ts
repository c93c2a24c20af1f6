/** The commands of docs/http.md work unchanged, except for the address and the key. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deviceOf } from '../support/enrolment.ts';
import { nginxConfiguration, proxySuite, type Proxy as RealProxy, startProxy } from '../support/proxies.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { http1, RawConnection } from './raw.ts';

const TEXT = readFileSync('docs/http.md', 'utf8');
const blocks = (language: string): string[] =>
  [...TEXT.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, block = '']) => block);
/** The commands of an enrolment, each of which needs the answer of the previous one. */
const ENROLMENT = blocks('sh').filter((command) => command.includes('dXNlci0x'));
const COMMANDS = [...blocks('sh').filter((command) => !ENROLMENT.includes(command)), ...README()];

/** Returns the curl commands of the README. */
function README(): string[] {
  return [...readFileSync('README.md', 'utf8').matchAll(/```sh\n(curl .*?)```/gs)].map(([, block = '']) => block);
}

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0', trustedProxies: '127.0.0.1' } });
});
afterAll(() => server.close());

test('there are commands', () => {
  expect(COMMANDS.length).toBeGreaterThanOrEqual(6);
});

/** Runs a command unchanged, and parses its answer. */
async function run(command: string, more: NodeJS.ProcessEnv = {}) {
  const line = command.replace('http://127.0.0.1:50080', server.httpUrl);
  expect(line).not.toBe(command);
  const env = { ...process.env, OTPD_API_KEY: server.apiKey, ...more };
  return JSON.parse((await promisify(execFile)('sh', ['-c', line], { env })).stdout);
}

test('the commands of an enrolment lead to a login', async () => {
  expect(ENROLMENT).toHaveLength(3);
  const [generate = '', confirm = '', login = ''] = ENROLMENT;
  const { sealed, uri, qrCode, secret } = await run(generate);
  expect([secret, qrCode.dataUri]).toEqual([undefined, expect.stringMatching(/^data:image\/png/)]);
  const device = deviceOf(uri);
  const PENDING = sealed.blob;
  const pending = await run(login, { SEALED: PENDING, CODE: device.code(Date.now()) });
  expect(pending.details[0].debug.reason).toBe('ERROR_REASON_ENROLMENT_PENDING');
  const first = { PENDING, CODE: device.code(Date.now()) };
  const [confirmed, repeated] = [await run(confirm, first), await run(confirm, first)];
  for (const { status, resealed } of [confirmed, repeated]) {
    expect([status, resealed.blob]).toEqual(['VERIFY_STATUS_ACCEPTED', expect.stringMatching(/^otpk1_/)]);
  }
  const next = { SEALED: confirmed.resealed.blob, CODE: device.code(Date.now() + 30_000) };
  expect(await run(login, next)).toMatchObject({ valid: true, status: 'VERIFY_STATUS_ACCEPTED' });
});

test.each(COMMANDS)('%s', async (command) => {
  const [, method = ''] = /OtpService\/(\w+)/.exec(command) ?? [];
  const expected = {
    Generate: { secret: expect.any(String), qrCode: expect.anything() },
    Token: { token: { code: expect.stringMatching(/^\d{6}$/) } },
    Verify: { status: 'VERIFY_STATUS_MISMATCH' },
    BatchToken: {
      results: [
        { response: { token: { code: expect.stringMatching(/^\d{6}$/) } } },
        { error: { violations: expect.anything() } },
      ],
    },
    BatchVerify: {
      results: [{ response: { status: 'VERIFY_STATUS_MISMATCH' } }, { error: { reason: 'ERROR_REASON_INVALID_FIELDS' } }],
    },
  };
  expect(await run(command)).toMatchObject(expected[method as keyof typeof expected]);
});

test('the error that it shows is what a caller gets', async () => {
  const [shown = ''] = blocks('json');
  const headers = { 'content-type': 'application/json', 'x-api-key': 'wrong' };
  const answer = await fetch(`${server.httpUrl}/otp.v1.OtpService/Token`, { method: 'POST', headers, body: '{}' });
  expect(await answer.json()).toMatchObject({ ...JSON.parse(shown), details: [JSON.parse(shown).details[0], expect.anything()] });
});

/** Makes 1,200 calls on one connection through `proxy`: all are answered, and the log names the caller. */
async function expectOneConnection(proxy: RealProxy, name: string): Promise<void> {
  const connection = new RawConnection(Number(proxy.address.split(':')[1]), '127.0.0.5');
  const headers = { 'content-type': 'application/json', 'x-api-key': server.apiKey, 'x-request-id': `by-${name}` };
  for (let n = 0; n < 1200; n += 1) {
    connection.write(http1('POST /otp.v1.OtpService/Token HTTP/1.1', headers, '{"key":{"secret":"JBSWY3DPEHPK3PXP"}}'));
    const { status } = await connection.answer();
    if (status !== 200) throw new Error(`call ${n} was answered ${status}`);
  }
  connection.socket.destroy();
  const peers = server.log.filter((line) => line.includes(`by-${name}`)).map((line) => JSON.parse(line).peer);
  expect([peers.length, new Set(peers)]).toEqual([1200, new Set(['127.0.0.5'])]);
}

/** Returns the configuration of a proxy on the page, with other addresses. */
function configurationOf(language: string, port: number, upstream: string): string {
  const [configuration = ''] = blocks(language);
  const address = `127.0.0.1:${port}`;
  return configuration.replace('127.0.0.1:50080', upstream).replace(/(?:127\.0\.0\.1:)?8080/, address);
}

proxySuite('nginx', () => {
  let proxy: RealProxy;
  beforeAll(async () => {
    proxy = await startProxy('nginx', new URL(server.httpUrl).host, (folder, port, upstream) =>
      nginxConfiguration(folder, configurationOf('nginx', port, upstream)),
    );
  });
  afterAll(() => proxy.stop());

  test('a connection outlives 1,000 calls, and the caller is named', () => expectOneConnection(proxy, 'nginx'));
});

proxySuite('haproxy', () => {
  let proxy: RealProxy;
  beforeAll(async () => {
    proxy = await startProxy('haproxy', new URL(server.httpUrl).host, (_, port, upstream) =>
      configurationOf('haproxy', port, upstream),
    );
  });
  afterAll(() => proxy.stop());

  test('a connection outlives 1,000 calls, and the caller is named', () => expectOneConnection(proxy, 'haproxy'));
});
