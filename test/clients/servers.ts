/** The servers for a runner: real servers with plaintext and TLS, and proxies that fail as networks do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { status as codes } from '@grpc/grpc-js';
import { StatusSchema } from '../../gen/ts/google/rpc/status_pb.ts';
import { ErrorReason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { issueApiKey, type NewApiKey, revokeApiKey } from '../../src/auth/api-key.ts';
import { SCOPES } from '../../src/ports/principal.ts';
import type { ApiKeyRecord } from '../../src/ports/store.ts';
import { errorInfo, requestInfo, retryInfo } from '../../src/rpc/status-details.ts';
import { makeAuthority, makeCertificate } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { startFreezer } from './freezer.ts';
import { type NotingProxy, type Refusal, type SeenCall, startProxy, type Treatment } from './proxy.ts';

/** The pause that the busy server asks for, in ms: longer than any first pause of the service config. */
export const PAUSE_MS = 600;
/** The limit of calls per minute of the limited API key, on which the cases depend. */
const LIMIT = 3;

/** An address to call, with PEM files for TLS. Plaintext if `ca` is missing or `plaintext` is set. */
export interface Endpoint {
  readonly address: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly plaintext?: true;
}

export type ProxyName = 'plain' | 'flaky' | 'busy' | 'closing' | 'leaving' | 'restarting' | 'dead' | 'untouched';

/** The servers of a single runner, so that languages do not share state. */
export interface Servers {
  readonly endpoints: Readonly<Record<string, Endpoint>>;
  readonly keys: Readonly<Record<string, string>>;
  /** The proxies with their records. */
  readonly proxies: Readonly<Record<ProxyName, NotingProxy>>;
  /** Returns the log of the server behind the proxies. */
  readonly logs: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** Starts the servers of a runner. */
export async function startServers(): Promise<Servers> {
  await using started = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'otpd-clients-'));
  started.defer(() => rmSync(folder, { recursive: true }));
  const plans = join(folder, 'plans.json');
  writeFileSync(plans, JSON.stringify({ unlimited: {}, limited: { minute: LIMIT } }));
  const [ours, theirs] = [makeAuthority(folder, 'ours'), makeAuthority(folder, 'theirs')];
  const [own, client] = [makeCertificate(folder, 'server', ours), makeCertificate(folder, 'client', ours)];

  const start = async (flags: Readonly<Record<string, string>>): Promise<TestServer> =>
    started.adopt(await startServer({ flags: { plans, ...flags } }), (server) => server.close());
  const secure = { tlsCert: own.cert, tlsKey: own.key };
  const plain = await start({});
  const tls = await start(secure);
  const mtls = await start({ ...secure, tlsClientCa: ours.cert });

  const issue = async (
    input: Partial<NewApiKey>,
    change: (record: ApiKeyRecord) => ApiKeyRecord = (record) => record,
  ): Promise<string> => {
    const { apiKey, record } = issueApiKey({ name: 'client', plan: 'unlimited', scopes: SCOPES, ...input }, Date.now());
    for (const { app } of [plain, tls, mtls]) await app.store.keys.insert(change(record));
    return apiKey;
  };
  const full = await issue({});
  const before = async (treat: (call: SeenCall) => Treatment): Promise<NotingProxy> =>
    started.adopt(await startProxy(plain.address, treat), (proxy) => proxy.close());
  const proxies = {
    plain: await before(() => 'pass'),
    flaky: await before(({ earlier }) => (earlier === 0 ? 'drop' : 'pass')),
    busy: await before(({ earlier }) => (earlier === 0 ? unavailable(PAUSE_MS) : 'pass')),
    closing: await before(() => unavailable(-1)),
    leaving: await before(({ earlier }) => (earlier === 0 ? { ...unavailable(), leave: true } : 'pass')),
    restarting: await before(({ earlier, path }) => (earlier === 0 && path.endsWith('/Verify') ? 'restart' : 'pass')),
    dead: await before(() => 'hang'),
    untouched: await before(() => 'pass'),
  };
  const { address: untouched } = proxies.untouched;
  const nonsense = join(folder, 'nonsense.crt');
  writeFileSync(nonsense, 'nonsense\n');
  const freezer = started.adopt(await startFreezer(plain.address), (proxy) => proxy.close());
  const [tlsAddress, mtlsAddress] = [`localhost:${tls.port}`, `localhost:${mtls.port}`];
  const owned = started.move();
  return {
    endpoints: {
      ...Object.fromEntries(Object.entries(proxies).map(([name, { address }]) => [name, { address }])),
      frozen: { address: freezer.address },
      tls: { address: tlsAddress, ca: ours.cert },
      tls_by_dns: { address: `dns:///${tlsAddress}`, ca: ours.cert },
      // An IP address, since `localhost` may have two addresses, and a client that tries both may report the error of the other.
      untrusted: { address: `127.0.0.1:${tls.port}`, ca: theirs.cert },
      mtls: { address: mtlsAddress, ca: ours.cert, cert: client.cert, key: client.key },
      mtls_no_cert: { address: mtlsAddress, ca: ours.cert },
      nobody: { address: `127.0.0.1:${await freePort()}` },
      // This name never exists (RFC 6761).
      unknown_host: { address: 'otpd.invalid:50051' },
      tls_to_plaintext: { address: plain.address, ca: ours.cert },
      no_port_address: { address: 'otp.example.com' },
      empty_address: { address: '' },
      blank_address: { address: ' ' },
      line_address: { address: `${untouched}\n` },
      url_address: { address: `https://${untouched}` },
      nonsense_ca: { address: untouched, ca: nonsense },
      key_as_ca: { address: untouched, ca: ours.key },
      plaintext_ca: { address: untouched, ca: ours.cert, plaintext: true },
      plaintext_cert: { address: untouched, cert: client.cert, key: client.key, plaintext: true },
    },
    keys: {
      full,
      token_only: await issue({ scopes: ['token'] }),
      limited: await issue({ plan: 'limited' }),
      limited_headers: await issue({ plan: 'limited' }),
      limited_text: await issue({ plan: 'limited' }),
      limited_usage: await issue({ plan: 'limited' }),
      admin: await issue({ scopes: ['admin'] }),
      planless: await issue({ plan: 'gone' }),
      expired: await issue({}, (record) => ({ ...record, expiresAt: record.createdAt })),
      revoked: await issue({}, (record) => revokeApiKey(record, Date.now())),
      wrong: `${full.slice(0, -1)}${full.endsWith('0') ? '1' : '0'}`,
      line: `${full}\n`,
      empty: '',
    },
    proxies,
    logs: () => plain.log,
    close: () => owned.disposeAsync(),
  };
}

/** Returns UNAVAILABLE as a stopping server sends it, with a pause if `pauseMs` is set. A negative pause asks the client not to retry (gRFC A6). */
function unavailable(pauseMs?: number): Refusal {
  const message = 'the server is stopping: try again';
  const details = [errorInfo(ErrorReason.SHUTTING_DOWN, {}), requestInfo('from-the-proxy')];
  if (pauseMs !== undefined) details.push(retryInfo(Math.abs(pauseMs)));
  const status = create(StatusSchema, { code: codes.UNAVAILABLE, message, details });
  const headers = {
    'content-type': 'application/grpc+proto',
    'grpc-status': String(codes.UNAVAILABLE),
    'grpc-message': encodeURIComponent(message),
    'grpc-status-details-bin': Buffer.from(toBinary(StatusSchema, status)).toString('base64'),
  };
  return { headers: pauseMs === undefined ? headers : { ...headers, 'grpc-retry-pushback-ms': String(pauseMs) } };
}
