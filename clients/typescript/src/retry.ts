/** Repeats a call that found the server UNAVAILABLE, by the policy of all client languages (gen/service_config.json). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Metadata } from '@grpc/grpc-js';
import { OtpError, type Refused } from './error.ts';
import serviceConfig from './service_config.json' with { type: 'json' };

/** The limits of a call, over all its tries. */
export interface Limits {
  /** In ms since the epoch. */
  readonly deadline: number;
  /** The first that is aborted ends a pause. */
  readonly signals: readonly AbortSignal[];
}

/**
 * The result of the first try that succeeds; `attempt` rejects with a `Refused`. Throws the `OtpError` of the last try, with that of the try
 * before it as its `cause`. A try is the last if it fails otherwise than with UNAVAILABLE, if the policy allows no more, if the server asks for
 * that, and if the pause before the next is cut short or would outlast the deadline.
 *
 * @param rpc the name of the method in the contract.
 */
export async function retry<T>(rpc: string, attempt: () => Promise<T>, { deadline, signals }: Limits): Promise<T> {
  let cause: OtpError | undefined;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (refused) {
      if (!isRefused(refused)) throw refused;
      const error = new OtpError(refused, cause && { cause });
      const pause = pauseBefore(rpc, tries, error, refused.metadata);
      if (pause === undefined || Date.now() + pause >= deadline) throw error;
      await sleep(pause, undefined, { signal: AbortSignal.any([...signals]) }).catch(() => {
        throw error;
      });
      cause = error;
    }
  }
}

/** A call on a client that is closed throws another error. */
function isRefused(error: unknown): error is Refused {
  return error instanceof Object && 'code' in error && 'details' in error;
}

/** How long to wait before the next try, in ms; undefined if there should be none. The server's wish goes first (gRFC A6). */
function pauseBefore(rpc: string, tries: number, error: OtpError, metadata: Metadata | undefined): number | undefined {
  const policy = serviceConfig.methodConfig.find(({ name }) => name.some(({ method }) => method === rpc))?.retryPolicy;
  if (policy === undefined || !policy.retryableStatusCodes.includes(error.code) || tries >= policy.maxAttempts) return undefined;
  const wish = metadata?.get('grpc-retry-pushback-ms')[0]?.toString();
  if (wish !== undefined) return /^\d{1,9}$/.test(wish) ? Number(wish) : undefined;
  const backoff = inMs(policy.initialBackoff) * policy.backoffMultiplier ** (tries - 1);
  const jitter = 0.8 + 0.4 * Math.random();
  return Math.max(Math.min(backoff, inMs(policy.maxBackoff)) * jitter, error.retryDelayMs ?? 0);
}

/** A duration such as `0.1s` in ms. */
function inMs(duration: string): number {
  return Number.parseFloat(duration) * 1000;
}
