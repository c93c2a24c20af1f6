/** A connection to Redis: every wait is bounded, nothing is queued or sent twice, and a lost connection is made again. */
import { Redis } from 'ioredis';
import { RedisAwayError, reasonOf, translate } from './error.ts';
import type { RedisAddress } from './url.ts';

/** How long Redis may take to answer, in ms. */
export const COMMAND_TIMEOUT_MS = 200;
const CONNECT_TIMEOUT_MS = 1000;
/** How long the first connection waits while Redis loads its data, in ms. */
const OPENING_TIMEOUT_MS = 3000;
/** The pause between two attempts to connect, in ms: together with their timeouts well under the two seconds within which service must return. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 400;
/** How long an abandoned connection may take to end, in ms. */
const ENDING_TIMEOUT_MS = 100;

/** PEM texts for TLS. */
export interface RedisTls {
  /** The authorities that replace those of the system. */
  readonly ca?: string | undefined;
  /** The certificate chain and its key, if Redis requires a client certificate (its `tls-auth-clients`, on by default). */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** A connection that was established once, and is made again whenever it is lost. */
export interface Connection {
  readonly redis: Redis;
  /** Holds the further commands of this turn of the event loop until its end: they leave in one write, in order, or never if the connection is lost. */
  cork(): void;
  /**
   * Waits for the answer to a command. Rejects if there is none within `patienceMs`, by default 200, and abandons the connection, so that a late answer is
   * dropped.
   */
  answered<T>(answer: Promise<T>, patienceMs?: number): Promise<T>;
  /** The error to throw for an error of `redis`. */
  translate(error: unknown): Error;
  /** Abandons commands in progress and reconnects, after another connection has found that Redis does not answer. */
  leave(): void;
  /** May be called twice. */
  close(): Promise<void>;
}

export interface ConnectionOptions {
  /** As in `EngineOptions`. */
  readonly leastPatienceMs?: number;
  /** Called whenever Redis has not answered a command. */
  readonly onSilence?: (() => void) | undefined;
  /** If set, a lost connection is not made again, and this function is called once. */
  readonly onEnd?: (() => void) | undefined;
}

/** Connects, or throws `RedisSetupError` within three seconds. */
export async function connect(address: RedisAddress, tls: RedisTls, options: ConnectionOptions = {}): Promise<Connection> {
  const { connection, ready, whyLost } = startConnection(address, tls, options);
  try {
    await within(OPENING_TIMEOUT_MS, ready);
  } catch (error) {
    connection.redis.disconnect();
    throw new RedisAwayError(
      `at ${textOf(address)} cannot be used (${whyLost() ?? reasonOf(error)}): see that it runs, and check OTPD_REDIS_URL`,
    );
  }
  return connection;
}

/** A connection that is being established. */
export interface StartedConnection {
  readonly connection: Connection;
  /** Resolves when it is established; rejects when the first attempt has failed, after which others follow. */
  readonly ready: Promise<void>;
  /** Why it is not established; undefined before the first attempt has failed. */
  readonly whyLost: () => string | undefined;
}

/** Begins to connect. */
export function startConnection(
  address: RedisAddress,
  tls: RedisTls,
  { leastPatienceMs = 0, onSilence = () => undefined, onEnd }: ConnectionOptions = {},
): StartedConnection {
  const redis = new Redis({
    ...(({ tls: _, ...where }) => where)(address),
    ...(address.tls && { tls }),
    connectionName: 'otpd',
    disableClientInfo: true,
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    // A lost command may have been carried out; sent again, it would count twice.
    maxRetriesPerRequest: 0,
    // The client's own timeouts are not used: they include the time that this process was held up, and would drop answers that only wait to be read.
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: ENDING_TIMEOUT_MS,
    maxLoadingRetryTime: LONGEST_PAUSE_MS,
    retryStrategy: onEnd === undefined ? pauseMs : null,
    // A demoted primary continues to answer, while its address may lead to its successor.
    reconnectOnError: (error) => reasonOf(error) === 'READONLY',
  });
  let lost: string | undefined;
  redis.on('error', (error) => {
    lost = reasonOf(error);
  });
  if (onEnd !== undefined) redis.once('end', onEnd);
  const { cork, onceSent } = createCork(redis);
  const answered = createPatience(redis, onceSent, leastPatienceMs, onSilence);
  // The first commands of a new connection must be answered too, or an unresponsive Redis would keep it half open.
  redis.on('connect', () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const events = ['ready', 'close'] as const;
    for (const event of events) redis.once(event, resolve);
    void answered(promise)
      .catch(() => undefined)
      .finally(() => {
        for (const event of events) redis.off(event, resolve);
      });
  });
  const connection: Connection = {
    redis,
    cork,
    answered,
    // Without a connection, ioredis reports that fact alone. The reason for the loss is more useful.
    translate: (error) => translate(isUnconnected(error) ? new Error(lost ?? 'not connected') : error),
    leave() {
      if (redis.status === 'ready') redis.stream.destroy(new Error('Command timed out'));
    },
    async close() {
      const wasReady = redis.status === 'ready';
      const ended = new Promise((resolve) => redis.once('end', resolve));
      redis.disconnect();
      if (wasReady) await ended;
    },
  };
  return { connection, ready: redis.connect(), whyLost: () => lost };
}

/** A write that wakes Redis takes some 20 µs of CPU, so the writes of one turn of the event loop are combined (docs/performance.md). */
function createCork(redis: Redis): { readonly cork: () => void; readonly onceSent: (callback: () => void) => void } {
  let corked: (() => void)[] | undefined;
  return {
    cork() {
      const { stream } = redis;
      if (corked !== undefined || stream === undefined) return;
      const callbacks: (() => void)[] = [];
      corked = callbacks;
      stream.cork();
      setImmediate(() => {
        corked = undefined;
        stream.uncork();
        for (const callback of callbacks) callback();
      });
    },
    onceSent(callback) {
      if (corked === undefined) callback();
      else corked.push(callback);
    },
  };
}

/**
 * Waits for answers for a bounded time, which begins when the commands were issued, since this process may be held up before. When the time is over, the connection is
 * abandoned at once: an unresponsive Redis would carry out further commands whenever it wakes.
 */
function createPatience(
  redis: Redis,
  onceSent: (callback: () => void) => void,
  leastPatienceMs: number,
  onSilence: () => void,
): Connection['answered'] {
  return async function answered<T>(answer: Promise<T>, patienceMs: number = COMMAND_TIMEOUT_MS): Promise<T> {
    const { promise: silence, reject } = Promise.withResolvers<never>();
    const { stream } = redis;
    let isAnswered = false;
    let timer: NodeJS.Timeout | undefined;
    function giveUp(): void {
      if (isAnswered) return;
      const error = new Error('Command timed out');
      reject(error);
      stream?.destroy(error);
      onSilence();
    }
    onceSent(() => {
      // If this process was held up, the answer may be waiting to be read: events are handled first.
      if (!isAnswered) timer = setTimeout(() => setImmediate(giveUp), Math.max(leastPatienceMs, patienceMs));
    });
    try {
      return await Promise.race([answer, silence]);
    } finally {
      isAnswered = true;
      clearTimeout(timer);
    }
  };
}

function isUnconnected(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Stream isn't writeable");
}

function pauseMs(attempt: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)) * (1 - Math.random() / 4);
}

/** Waits for `work` for a bounded time, and then rejects; the work continues. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  // The time may be over already. Node would warn of a negative one.
  const timer = setTimeout(() => reject(new Error(`not ready within ${ms} ms`)), Math.max(0, ms));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The address of a server in a form for operators. */
export function textOf({ host, port }: Pick<RedisAddress, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
