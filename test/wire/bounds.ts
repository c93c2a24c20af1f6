/** The bounds on strangers, each as a check of a running server in any mode and environment. */
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { expect } from 'vitest';
import { methods } from '../support/client.ts';
import { answerOf, frame, openConnection, openStream, type RawAnswer, rawCall } from '../support/raw.ts';

/** The server under test. */
export interface Target {
  readonly port: number;
  readonly address: string;
  readonly apiKey: string;
  readonly log: readonly string[];
}

export const PATHS = {
  token: '/otp.v1.OtpService/Token',
  verify: '/otp.v1.OtpService/Verify',
  watch: '/otp.v1.OtpService/WatchToken',
  healthCheck: '/grpc.health.v1.Health/Check',
  healthWatch: '/grpc.health.v1.Health/Watch',
} as const;
export const NOTHING: Buffer = frame(Buffer.alloc(0));
const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const TOKEN: Buffer = frame(toBinary(methods.token.input, create(methods.token.input, { key })));
const PATIENCE_MS = 5000;
/** The beginning of HTTP/2: the preface, and an empty settings frame. */
const PREFACE: Buffer = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
]);

/** Requests a code with a valid key, or with other headers. */
export function askForToken(
  connection: ClientHttp2Session,
  apiKey: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  return rawCall(connection, PATHS.token, { headers: { 'x-api-key': apiKey, ...headers }, body: TOKEN });
}

/** Small bounds for `connectionsAreBounded`. */
export const SMALL = { maxConnections: '14', maxConnectionsPerAddress: '8' } as const;

/** Whether a new connection from an address of this machine is kept, and its preface answered. The socket is added to `sockets`. */
function isKept({ port }: Pick<Target, 'port'>, localAddress: string, sockets: Socket[]): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  // A reset is as good an end as any.
  socket.on('error', () => undefined).write(PREFACE);
  return new Promise((resolve) => socket.once('data', () => resolve(true)).once('close', () => resolve(false)));
}

export function keptOf(server: Pick<Target, 'port'>, localAddress: string, count: number, sockets: Socket[]): Promise<boolean[]> {
  return Promise.all(Array.from({ length: count }, () => isKept(server, localAddress, sockets)));
}

/** Returns the sum of refused connections in the log, by bound. */
function refused({ log }: Target): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const line of log) {
    const { msg, refused: count, most } = JSON.parse(line);
    if (/^connections( of one address)? refused/.test(msg)) sums[most] = (sums[most] ?? 0) + count;
  }
  return sums;
}

const lost = (kept: boolean[]): number => kept.filter((one) => !one).length;

/** With `SMALL`: one address fills only its share, all addresses together fill the total, and a closed connection makes room again. */
export async function connectionsAreBounded(server: Target): Promise<void> {
  const sockets: Socket[] = [];
  const good = await openConnection(server.address, '127.0.0.2');
  try {
    expect(lost(await keptOf(server, '127.0.0.1', 8, sockets))).toBe(0);
    expect(lost(await keptOf(server, '127.0.0.1', 5, sockets))).toBe(5);
    // Others are accepted, until the total is reached.
    expect((await askForToken(good, server.apiKey)).code).toBe('OK');
    expect(lost(await keptOf(server, '127.0.0.3', 5, sockets))).toBe(0);
    expect(lost(await keptOf(server, '127.0.0.4', 3, sockets))).toBe(3);
    expect((await askForToken(good, server.apiKey)).code).toBe('OK');
    await expect.poll(() => refused(server), { timeout: PATIENCE_MS }).toEqual({ 8: 5, 14: 3 });

    sockets[0]?.destroy();
    await expect.poll(() => isKept(server, '127.0.0.1', sockets), { timeout: PATIENCE_MS }).toBe(true);
    expect(await isKept(server, '127.0.0.1', sockets)).toBe(false);
  } finally {
    good.destroy();
    for (const socket of sockets) socket.destroy();
  }
}

/** Streams that their callers do not end are closed with their refusal: a connection may have a hundred, and 150 are answered. */
export async function leftOpenStreamsAreClosed({ address }: Target): Promise<void> {
  const kinds: [string, Readonly<Record<string, string>>][] = [
    [PATHS.verify, {}],
    [PATHS.watch, {}],
    ['/otp.v1.OtpService/Nope', {}],
    [PATHS.verify, { 'content-type': 'text/plain' }],
    [PATHS.verify, { ':method': 'PUT' }],
    [PATHS.verify, { 'grpc-encoding': 'gzip' }],
  ];
  for (const [path, headers] of kinds) {
    const connection = await openConnection(address);
    const open = (): ClientHttp2Stream => openStream(connection, path, headers).resume();
    const closed = Promise.all(Array.from({ length: 150 }, () => once(open(), 'close'))).then(() => 'closed');
    expect(await Promise.race([closed, sleep(PATIENCE_MS, `open: ${path} ${JSON.stringify(headers)}`)])).toBe('closed');
    // The streams were closed, not the connection.
    expect(connection.destroyed).toBe(false);
    connection.destroy();
  }
}

/** Ten calls without an API key may be in progress on a connection; the next is refused with a reason, whichever calls they are. */
export async function keylessCallsAreBounded({ address }: Target): Promise<void> {
  const [connection, another] = [await openConnection(address), await openConnection(address)];
  const check = (on: ClientHttp2Session) => rawCall(on, PATHS.healthCheck, { body: NOTHING });
  const held = Array.from({ length: 10 }, (_, place) =>
    openStream(connection, place % 2 === 0 ? PATHS.healthWatch : PATHS.healthCheck),
  );
  expect(await check(connection)).toMatchObject({
    code: 'RESOURCE_EXHAUSTED',
    message: expect.stringContaining('at most 10 at a time'),
  });
  expect((await check(another)).code).toBe('OK');
  held[0]?.close(constants.NGHTTP2_CANCEL);
  await expect.poll(async () => (await check(connection)).code).toBe('OK');
  connection.destroy();
  another.destroy();
}

/** Returns this much metadata, including the API key: names and values together, in bytes. */
export function metadataOf(apiKey: string, bytes: number): Record<string, string> {
  const rest = bytes - 'x-api-key'.length - apiKey.length - 'x-pad'.length;
  return { 'x-api-key': apiKey, 'x-pad': 'a'.repeat(rest) };
}

/** Up to 8,192 bytes of metadata pass any number of times. More metadata is refused with a reason, and the third time ends the connection. */
export async function metadataIsBounded({ address, apiKey }: Target): Promise<void> {
  const connection = await openConnection(address);
  for (let count = 0; count < 5; count += 1)
    expect((await askForToken(connection, apiKey, metadataOf(apiKey, 8192))).code).toBe('OK');
  for (let count = 0; count < 2; count += 1) {
    const answer = await askForToken(connection, apiKey, { ...metadataOf(apiKey, 8193 - 19), 'x-request-id': 'seven-1' });
    expect(answer).toMatchObject({ code: 'RESOURCE_EXHAUSTED', metadata: { 'x-request-id': 'seven-1' } });
    expect(answer.details.errorInfo?.reason).toBe('ERROR_REASON_MESSAGE_TOO_LARGE');
    expect(answer.details.requestInfo?.requestId).toBe('seven-1');
    expect((await askForToken(connection, apiKey)).code).toBe('OK');
  }
  await askForToken(connection, apiKey, metadataOf(apiKey, 60_000));
  await expect.poll(() => connection.destroyed, { timeout: PATIENCE_MS }).toBe(true);

  // Binary metadata counts in the form in which it is sent, base64.
  const binary = await openConnection(address);
  const inBinary = (bytes: number) => {
    const { 'x-pad': pad = '', ...rest } = metadataOf(apiKey, bytes - '-bin'.length);
    return askForToken(binary, apiKey, { ...rest, 'x-pad-bin': pad });
  };
  expect((await inBinary(8192)).code).toBe('OK');
  expect((await inBinary(8193)).code).toBe('RESOURCE_EXHAUSTED');
  binary.destroy();

  // Any header counts.
  const other = await openConnection(address);
  for (const name of ['grpc-accept-encoding', 'accept-encoding', ':path'])
    void answerOf(openStream(other, PATHS.healthWatch, { [name]: `/${'a'.repeat(20_000)}` }));
  await expect.poll(() => other.destroyed, { timeout: PATIENCE_MS }).toBe(true);

  // The same holds without a key, and for calls that need none.
  const stranger = await openConnection(address);
  const large = { 'x-pad': 'a'.repeat(8193) };
  for (const path of [PATHS.verify, PATHS.healthCheck])
    expect((await rawCall(stranger, path, { headers: large, body: NOTHING })).code).toBe('RESOURCE_EXHAUSTED');
  const last = answerOf(openStream(stranger, PATHS.healthWatch, large));
  await expect.poll(() => stranger.destroyed, { timeout: PATIENCE_MS }).toBe(true);
  await last;
}
