/** Where the client connects, what it refuses to send without TLS, and its message if no server answers. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { type Double, startDouble } from '../support/double.ts';
import { freePort } from '../support/free-port.ts';
import { otpd } from './harness.ts';
import { makeFolder } from './real.ts';

const SECRET = 'JBSWY3DPEHPK3PXP';
const API_KEY = 'otpd_canary_key';
const env = { OTPD_API_KEY: API_KEY };

describe('before anything is sent', () => {
  it.each([
    ['no API key', {}, [], 'no API key: set OTPD_API_KEY; `otpd keys create --name NAME`'],
    ['a blank API key', { OTPD_API_KEY: ' ' }, [], 'no API key'],
    ['an API key with a line break', { OTPD_API_KEY: 'canary\nkey' }, [], 'OTPD_API_KEY is not an API key'],
    ['an API key with a letter beyond ASCII', { OTPD_API_KEY: 'canärykey' }, [], 'OTPD_API_KEY is not an API key'],
    ['a far address without TLS', env, ['--address', 'otp.example.com:443'], 'in the clear: use --tls or --ca'],
    ['an address that only begins like this machine', env, ['--address', '127.0.0.1.example.com:1'], 'in the clear'],
    ['every interface', env, ['--address', '0.0.0.0:50051'], 'in the clear'],
    ['an address without a host', env, ['--address', ':50051'], 'the address must be HOST:PORT'],
    [
      'an address with a scheme',
      env,
      ['--address', 'https://otp.example.com'],
      'unix:PATH, without a scheme such as https:// (--tls asks for TLS): check --address/OTPD_ADDRESS',
    ],
    ['a port that is none', env, ['--address', '127.0.0.1:70000'], 'the address must be HOST:PORT'],
    ['an IPv6 address without brackets', env, ['--address', '::1'], 'the address must be HOST:PORT'],
    ['--plaintext with --tls', env, ['--plaintext', '--tls'], '--plaintext excludes --tls'],
    ['a certificate without its key', env, ['--cert', 'client.pem'], '--cert and --key go together'],
    [
      'a CA file that is not there',
      env,
      ['--ca', '/nonexistent/ca.pem'],
      'the file of --ca cannot be read: there is no such file',
    ],
    ['a CA file that is a folder', env, ['--ca', '/'], 'the file of --ca cannot be read: it is a folder'],
    ['an OTPD_TLS that is neither', { ...env, OTPD_TLS: 'maybe' }, [], 'OTPD_TLS must be 1 or 0'],
  ])('refuses %s', async (_, environment: Record<string, string>, flags, complaint) => {
    const { code, out, err } = await otpd(['token', SECRET, ...flags], { env: environment });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(complaint);
    expect(err).not.toMatch(/canary|can.rykey/);
  });

  it('refuses a client certificate that is no PEM', async () => {
    const folder = makeFolder();
    const file = join(folder, 'rubbish.pem');
    writeFileSync(file, 'rubbish');
    const { code, err } = await otpd(['token', SECRET, '--cert', file, '--key', file], { env });
    rmSync(folder, { recursive: true });
    expect(code).toBe(2);
    expect(err).toContain('the certificates cannot be used');
  });
});

describe.concurrent('if no server answers', () => {
  it('says how to start the server if the connection is refused', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    expect(await otpd(['token', SECRET, '--address', address], { env })).toEqual({
      code: 2,
      out: '',
      err: `error: cannot reach otpd at ${address}: is it running? start it with \`otpd serve\` or set --address/OTPD_ADDRESS\n`,
    });
  });

  it('says the same of a socket file that is not there', async () => {
    const { code, err } = await otpd(['token', SECRET], { env: { ...env, OTPD_ADDRESS: 'unix:/nonexistent/otpd.sock' } });
    expect(code).toBe(2);
    expect(err).toContain('cannot reach otpd at unix:/nonexistent/otpd.sock: is it running?');
  });

  it('names the setting of the server if its name cannot be resolved', async () => {
    const { code, err } = await otpd(['token', SECRET, '--plaintext', '--address', 'nosuchhost.invalid:1'], { env });
    expect(code).toBe(2);
    expect(err).toBe(
      'error: cannot reach otpd at nosuchhost.invalid:1: the name cannot be resolved; set --address/OTPD_ADDRESS\n',
    );
  });

  it('says the same in JSON', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { code, err } = await otpd(['watch', SECRET, '--json', '--address', address], { env });
    const { error } = JSON.parse(err);
    expect(code).toBe(2);
    expect(error).toMatchObject({ code: 'UNAVAILABLE', violations: [] });
    expect(error.message).toContain(`cannot reach otpd at ${address}`);
  });

  it('gives up on a listener that does not answer, and shows the wait on a terminal', async () => {
    await using silent = await listen(() => undefined);
    const { code, err } = await otpd(['token', SECRET, '--address', silent.address, '--timeout', '1.2'], { env, tty: true });
    expect(code).toBe(2);
    expect(err).toContain(`waiting for otpd at ${silent.address} ...`);
    expect(err).toContain(`otpd at ${silent.address} did not answer in time: try again, or allow more with --timeout`);
  });

  it('gives up on it in a watch as well', async () => {
    await using silent = await listen(() => undefined);
    const { code, err } = await otpd(['watch', SECRET, '--address', silent.address, '--timeout', '0.2'], { env });
    expect(code).toBe(2);
    expect(err).toContain('did not answer in time');
  });

  it('stops waiting when the user does', async () => {
    await using silent = await listen(() => undefined);
    const signal = AbortSignal.timeout(100);
    const { code, err } = await otpd(['token', SECRET, '--address', silent.address], { env, signal });
    expect({ code, err }).toEqual({ code: 2, err: 'error: interrupted\n' });
  });

  it('does not wait at all when the user has stopped already', async () => {
    await using silent = await listen(() => undefined);
    const args = ['token', SECRET, '--address', silent.address, '--timeout', '60'];
    expect(await otpd(args, { env, signal: AbortSignal.abort() })).toEqual({ code: 2, out: '', err: 'error: interrupted\n' });
  });

  it('explains a listener that speaks something else', async () => {
    await using other = await listen((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
    const { code, err } = await otpd(['token', SECRET, '--address', other.address, '--timeout', '1'], { env });
    expect(code).toBe(2);
    expect(err).toMatch(/^error: (cannot reach otpd at|the connection to otpd at|otpd at) 127/);
  });
});

describe('TLS', () => {
  const folder = makeFolder();
  const path = (name: string) => join(folder, name);
  const own = ['--ca', path('ca.pem'), '--cert', path('client.pem'), '--key', path('client.key')];
  let server: Double;
  let elsewhere: Double;
  let plain: Double;

  beforeAll(async () => {
    makeCertificates(folder);
    const pair = { private_key: readFileSync(path('server.key')), cert_chain: readFileSync(path('server.pem')) };
    const credentials = ServerCredentials.createSsl(readFileSync(path('ca.pem')), [pair], true);
    const verify = [{ valid: true, status: VerifyStatus.ACCEPTED }];
    server = await startDouble({ credentials, verify });
    elsewhere = await startDouble({ credentials, verify, host: '127.0.0.2' });
    plain = await startDouble({ verify });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await elsewhere[Symbol.asyncDispose]();
    await plain[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it('is spoken with an IP address, and certificates on both sides', async () => {
    const environment = { ...env, OTPD_ADDRESS: server.address };
    expect(await otpd(['verify', SECRET, '123456', ...own], { env: environment })).toEqual({
      code: 0,
      out: 'accepted\n',
      err: '',
    });
  });

  it('takes the files from the environment', async () => {
    const files = { OTPD_CA: path('ca.pem'), OTPD_CLIENT_CERT: path('client.pem'), OTPD_CLIENT_KEY: path('client.key') };
    const environment = { ...env, OTPD_ADDRESS: server.address, ...files };
    expect((await otpd(['verify', SECRET, '123456'], { env: environment })).code).toBe(0);
  });

  it.each([
    [
      'a server that the system does not trust',
      () => ['--tls'],
      /: self-signed certificate in certificate chain; give the root certificate of the server with --ca or OTPD_CA\n$/,
    ],
    [
      'a certificate for another name',
      () => [...own, '--address', `localhost:${portOf(server)}`],
      /does not match certificate.*; call the server by a name that its certificate has\n$/,
    ],
    [
      'a certificate for another address',
      () => [...own, '--address', elsewhere.address],
      /127.0.0.2 is not in the cert's list.*; call the server by a name that its certificate has\n$/,
    ],
    [
      'a server without TLS',
      () => ['--tls', '--address', plain.address],
      /cannot reach otpd at .*; if the server uses no TLS, call it without --tls, --ca, OTPD_TLS and OTPD_CA\n$/,
    ],
    ['a server that wants a certificate', () => ['--ca', path('ca.pem')], /(certificate required|connection to otpd at)/],
    [
      'a server that wants TLS',
      () => [],
      /cannot reach otpd at .*; if the server uses TLS, call it with --tls, or with --ca and its root certificate\n$/,
    ],
  ])('fails with an explanation before %s', async (_, flags, complaint) => {
    const { code, out, err } = await otpd(['token', SECRET, ...flags()], { env: { ...env, OTPD_ADDRESS: server.address } });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(complaint);
  });
});

function portOf({ address }: Double): string {
  return address.replace(/.*:/, '');
}

async function listen(onConnection: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port, address: `127.0.0.1:${port}`, [Symbol.asyncDispose]: close };
}

function makeCertificates(folder: string): void {
  const openssl = (line: string) => execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'pipe' });
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -days 2 -subj /CN=ca`);
  for (const name of ['server', 'client']) {
    const extensions = '-addext subjectAltName=IP:127.0.0.1';
    openssl(
      `req -x509 ${key} -keyout ${name}.key -out ${name}.pem -days 2 -subj /CN=${name} -CA ca.pem -CAkey ca.key ${extensions}`,
    );
  }
}
