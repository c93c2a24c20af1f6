/** Callers on several connections, with a number of calls under way at any time: one ends, the next is sent. */
import { type Expected, isRight, statusOf } from './answers.ts';
import { bodies, type Code } from './bodies.ts';
import { type Connection, type ConnectionOptions, type Ending, openConnection } from './connection.ts';
import { headerBlock } from './frames.ts';
import { watchProgress } from './progress.ts';

export interface CrowdOptions {
  /** `host:port`. */
  readonly address: string;
  /** Used in turns. */
  readonly apiKeys: readonly string[];
  /** Whether the server is to refuse calls without the key. */
  readonly guarded: boolean;
  readonly connections: number;
  /** Calls at any time on all of them together; where they are fewer than the connections, these take turns. */
  readonly underWay: number;
  readonly code: Code;
  /** How long all callers may be without any answer, in ms. */
  readonly patienceMs?: number;
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

const PATIENCE_MS = 10_000;

/** Connects them all, and learns from one call and one refused call what success looks like. */
export async function gatherCrowd(options: CrowdOptions): Promise<Crowd> {
  const expected = await learn(options);
  let onEnd: (slot: number, ending: Ending) => void = () => undefined;
  let lost: string | undefined;
  let onLost: () => void = () => undefined;
  const blocks = options.apiKeys.map((apiKey) => headersFor(options, apiKey));
  const connections = await Promise.all(
    Array.from({ length: options.connections }, (_, i) =>
      // Each begins with a share of its own: all keys are used soon, and connections do not go in step.
      open(options, blocks, {
        firstTurn: Math.floor((i / options.connections) * blocks.length),
        onEnd: (slot, ending) => onEnd(slot, ending),
        onLost: (reason) => {
          lost = reason;
          onLost();
        },
      }),
    ),
  );

  const takesTurns = options.underWay < options.connections;
  let turn = 0;

  function send(slot: number, body: Buffer): void {
    const connection = connections[(takesTurns ? turn++ : slot) % connections.length];
    connection?.send(slot, body);
    // It is another one than the one whose answer is being read, which flushes by itself.
    if (takesTurns) connection?.flush();
  }

  async function run(requests: readonly Buffer[], seconds: number): Promise<CrowdResult> {
    const micros = new Float64Array(requests.length);
    const sentAt = new Float64Array(options.underWay);
    const done = Promise.withResolvers<void>();
    let [sent, ended, wrong] = [0, 0, 0];
    const startedAt = performance.now();
    const stopAt = startedAt + seconds * 1000;

    const sendNext = (slot: number, now: number): void => {
      const body = requests[sent];
      if (body === undefined || now >= stopAt) return;
      sent += 1;
      sentAt[slot] = now;
      send(slot, body);
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
    const patienceMs = options.patienceMs ?? PATIENCE_MS;
    const giveUp = () => done.reject(new Error(stillText(sent - ended, sent, patienceMs, connections)));
    const stopWatching = watchProgress(() => ended, patienceMs, giveUp);
    await done.promise.finally(stopWatching);
    return { calls: ended, seconds: (performance.now() - startedAt) / 1000, wrong, micros: micros.subarray(0, ended) };
  }

  return {
    run,
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}

/** What there is to know on this side of calls that nobody answers. */
function stillText(missing: number, sent: number, patienceMs: number, connections: readonly Connection[]): string {
  const unsent = connections.map((connection) => connection.unsent());
  const bytes = unsent.reduce((sum, each) => sum + each.bytes, 0);
  const heldUp = unsent.reduce((sum, each) => sum + each.heldUp, 0);
  return `${missing} of ${sent} calls were not answered, and none for ${patienceMs} ms; ${bytes} bytes unsent, ${heldUp} calls held up by windows`;
}

/** A message comes only with success: the trailers of a call that has one, and the right one, are what success looks like. */
async function learn(options: CrowdOptions): Promise<Expected> {
  const [body] = bodies(1, options.code);
  if (body === undefined) throw new Error('no request was made');
  const good = await once(options, options.apiKeys[0] ?? '', body);
  const refused = options.guarded ? await once(options, 'none', body) : undefined;
  if (good.message === undefined || good.trailers === undefined) throw new Error('the server answers no call');
  if (refused?.message !== undefined) throw new Error('the server answers a call without a key');
  const expected = { code: options.code, trailers: good.trailers };
  if (!isRight(good, expected)) throw new Error(`the server answers status ${statusOf(good.message)} to a ${options.code} code`);
  return expected;
}

async function once(options: CrowdOptions, apiKey: string, body: Buffer): Promise<Ending> {
  const { promise, resolve, reject } = Promise.withResolvers<Ending>();
  const onEnd = (_: number, { message, trailers }: Ending) =>
    resolve({ message: message && Buffer.from(message), trailers: trailers && Buffer.from(trailers) });
  const connection = await open(options, [headersFor(options, apiKey)], {
    firstTurn: 0,
    onEnd,
    onLost: (reason) => reject(new Error(reason)),
  });
  connection.send(0, body);
  connection.flush();
  return promise.finally(() => connection.close());
}

function headersFor({ address, code }: CrowdOptions, apiKey: string): Buffer {
  return headerBlock([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', `/otp.v1.OtpService/${code === 'none' ? 'Token' : 'Verify'}`],
    [':authority', address],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ['x-api-key', apiKey],
  ]);
}

function open(
  { address }: CrowdOptions,
  headers: readonly Buffer[],
  rest: Pick<ConnectionOptions, 'firstTurn' | 'onEnd' | 'onLost'>,
): Promise<Connection> {
  const colon = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))];
  return openConnection({ host, port, headers, ...rest });
}
