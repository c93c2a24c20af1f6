/** Callers on several connections, each with a number of calls under way at any time: one ends, the next is sent. */
import { type Expected, isRight, statusOf } from './answers.ts';
import { bodies, type Code } from './bodies.ts';
import { type Connection, type Ending, openConnection } from './connection.ts';
import { headerBlock } from './frames.ts';

export interface CrowdOptions {
  /** `host:port`. */
  readonly address: string;
  /** Used in turns. */
  readonly apiKeys: readonly string[];
  /** Whether the server is to refuse calls without the key. */
  readonly guarded: boolean;
  readonly connections: number;
  readonly streams: number;
  readonly code: Code;
}

/** What was seen in one run. */
export interface CrowdResult {
  readonly calls: number;
  readonly seconds: number;
  readonly wrong: number;
  readonly micros: Float64Array;
}

export interface Crowd {
  /** Sends the requests, each once, until they are used up or the time is over; then waits for what is under way. */
  readonly run: (requests: readonly Buffer[], seconds: number) => Promise<CrowdResult>;
  readonly close: () => void;
}

/** How long the last answers may take, in ms. */
const PATIENCE_MS = 10_000;

/** Connects them all, and learns from one call and one refused call what success looks like. */
export async function gatherCrowd(options: CrowdOptions): Promise<Crowd> {
  const expected = await learn(options);
  let onEnd: (slot: number, ending: Ending) => void = () => undefined;
  let lost: string | undefined;
  let onLost: () => void = () => undefined;
  const connections = await Promise.all(
    Array.from({ length: options.connections }, () =>
      open(options, options.apiKeys, {
        onEnd: (slot, ending) => onEnd(slot, ending),
        onLost: (reason) => {
          lost = reason;
          onLost();
        },
      }),
    ),
  );

  async function run(requests: readonly Buffer[], seconds: number): Promise<CrowdResult> {
    const micros = new Float64Array(requests.length);
    const sentAt = new Float64Array(options.connections * options.streams);
    const done = Promise.withResolvers<void>();
    let [sent, ended, wrong] = [0, 0, 0];
    const startedAt = performance.now();
    const stopAt = startedAt + seconds * 1000;

    const sendNext = (slot: number, now: number): void => {
      const body = requests[sent];
      if (body === undefined || now >= stopAt) return;
      sent += 1;
      sentAt[slot] = now;
      connections[slot % connections.length]?.send(slot, body);
    };
    onEnd = (slot, ending) => {
      const now = performance.now();
      micros[ended] = (now - (sentAt[slot] ?? 0)) * 1000;
      ended += 1;
      if (!isRight(ending, expected)) wrong += 1;
      sendNext(slot, now);
      if (sent === ended) done.resolve();
    };
    onLost = () => done.reject(new Error(`a connection was lost: ${lost}`));
    if (lost !== undefined) onLost();
    for (let slot = 0; slot < sentAt.length; slot += 1) sendNext(slot, startedAt);
    for (const connection of connections) connection.flush();
    const giveUp = () => done.reject(new Error(`${sent - ended} of ${sent} calls were not answered`));
    const timer = setTimeout(giveUp, seconds * 1000 + PATIENCE_MS);
    await done.promise.finally(() => clearTimeout(timer));
    return { calls: ended, seconds: (performance.now() - startedAt) / 1000, wrong, micros: micros.subarray(0, ended) };
  }

  return {
    run,
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}

/** A message comes only with success: the trailers of a call that has one, and the right one, are what success looks like. */
async function learn(options: CrowdOptions): Promise<Expected> {
  const [body] = bodies(1, options.code);
  if (body === undefined) throw new Error('no request was made');
  const good = await once(options, options.apiKeys.slice(0, 1), body);
  const refused = options.guarded ? await once(options, ['none'], body) : undefined;
  if (good.message === undefined || good.trailers === undefined) throw new Error('the server answers no call');
  if (refused?.message !== undefined) throw new Error('the server answers a call without a key');
  const expected = { code: options.code, trailers: good.trailers };
  if (!isRight(good, expected)) throw new Error(`the server answers status ${statusOf(good.message)} to a ${options.code} code`);
  return expected;
}

async function once(options: CrowdOptions, apiKeys: readonly string[], body: Buffer): Promise<Ending> {
  const { promise, resolve, reject } = Promise.withResolvers<Ending>();
  const onEnd = (_: number, { message, trailers }: Ending) =>
    resolve({ message: message && Buffer.from(message), trailers: trailers && Buffer.from(trailers) });
  const connection = await open(options, apiKeys, { onEnd, onLost: (reason) => reject(new Error(reason)) });
  connection.send(0, body);
  connection.flush();
  return promise.finally(() => connection.close());
}

function open(
  { address, code }: CrowdOptions,
  apiKeys: readonly string[],
  { onEnd, onLost }: { onEnd: (slot: number, ending: Ending) => void; onLost: (reason: string) => void },
): Promise<Connection> {
  const colon = address.lastIndexOf(':');
  const method = code === 'none' ? 'Token' : 'Verify';
  const headersFor = (apiKey: string) =>
    headerBlock([
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', `/otp.v1.OtpService/${method}`],
      [':authority', address],
      ['content-type', 'application/grpc'],
      ['te', 'trailers'],
      ['x-api-key', apiKey],
    ]);
  const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))];
  return openConnection({ host, port, headers: apiKeys.map(headersFor), onEnd, onLost });
}
