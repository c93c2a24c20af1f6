/** A connection to Redis: every wait is bounded, nothing is queued or sent twice, and it comes back by itself. */
import { Redis } from 'ioredis';
import { RedisAwayError, reasonOf, translate } from './error.ts';
import type { RedisAddress } from './url.ts';

/** How long Redis may take for an answer, in ms. */
export const COMMAND_TIMEOUT_MS = 200;
const CONNECT_TIMEOUT_MS = 1000;
/** The first connection also waits, in ms, while Redis loads its data. */
const OPENING_TIMEOUT_MS = 3000;
/** Between two attempts to connect, in ms: together with their timeouts well under the two seconds in which service is to return. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 400;
/** How long a connection that is given up may take to end, in ms. */
const ENDING_TIMEOUT_MS = 100;

/** PEM texts for TLS. */
export interface RedisTls {
  /** The authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** The certificate chain and its key, where Redis demands one of its clients (its `tls-auth-clients`, on by default). */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** A connection that was made once and is made again whenever it is lost. */
export interface Connection {
  readonly redis: Redis;
  /** The answer to what was just sent. Rejects if there is none within `patienceMs`, by default 200, and leaves the connection: a late one is dropped. */
  answered<T>(answer: Promise<T>, patienceMs?: number): Promise<T>;
  /** The error to throw for an error of `redis`. */
  translate(error: unknown): Error;
  /** Gives up what is under way, and connects anew: another connection has found Redis silent. */
  leave(): void;
  /** May be called twice. */
  close(): Promise<void>;
}

export interface ConnectionOptions {
  /** Called whenever Redis has left a question without an answer. */
  readonly onSilence?: (() => void) | undefined;
  /** If given, a connection that is lost is not made again: it is called then, once. */
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

/** A connection that is being made. */
export interface StartedConnection {
  readonly connection: Connection;
  /** Resolves when it is there; rejects when the first attempt has failed, after which others follow. */
  readonly ready: Promise<void>;
  /** Why it is not there; undefined before the first attempt has failed. */
  readonly whyLost: () => string | undefined;
}

/** Begins to connect. */
export function startConnection(
  address: RedisAddress,
  tls: RedisTls,
  { onSilence = () => undefined, onEnd }: ConnectionOptions = {},
): StartedConnection {
  const redis = new Redis({
    ...(({ tls: _, ...where }) => where)(address),
    ...(address.tls && { tls }),
    connectionName: 'otpd',
    disableClientInfo: true,
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // A command that was lost on the way may have been carried out: sent again it would count twice.
    autoResendUnfulfilledCommands: false,
    // No timeouts of the client's own: they count the time that this process was held up, and would drop answers that wait to be read.
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: ENDING_TIMEOUT_MS,
    maxLoadingRetryTime: LONGEST_PAUSE_MS,
    retryStrategy: onEnd === undefined ? pauseMs : null,
    // A primary that was demoted goes on answering; its address may lead to its successor.
    reconnectOnError: (error) => reasonOf(error) === 'READONLY',
  });
  let lost: string | undefined;
  redis.on('error', (error) => {
    lost = reasonOf(error);
  });
  if (onEnd !== undefined) redis.once('end', onEnd);
  const answered = createPatience(redis, onSilence);
  // The first commands of a new connection must be answered too: a silent Redis would keep it half open.
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
    answered,
    // Without a connection the client says no more than that; why it was lost tells what to do.
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

/**
 * Waits for answers, with no more patience than it is told. Where that ends the connection is left at once: what a silent Redis would still be
 * sent, it would carry out whenever it wakes.
 */
function createPatience(redis: Redis, onSilence: () => void): Connection['answered'] {
  return async function answered<T>(answer: Promise<T>, patienceMs: number = COMMAND_TIMEOUT_MS): Promise<T> {
    const { promise: silence, reject } = Promise.withResolvers<never>();
    const { stream } = redis;
    let isAnswered = false;
    function giveUp(): void {
      if (isAnswered) return;
      const error = new Error('Command timed out');
      reject(error);
      stream?.destroy(error);
      onSilence();
    }
    // If it was this process that was held up, the answer waits to be read: events first.
    const timer = setTimeout(() => setImmediate(giveUp), patienceMs);
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

/** Waits for `work`, but no longer than that: then it rejects, and the work goes on. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not ready within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Where a server is, as an operator reads it. */
export function textOf({ host, port }: Pick<RedisAddress, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
