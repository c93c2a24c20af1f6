/** Repeats a call that found the server UNAVAILABLE, by the policy of all client languages (gen/service_config.json). */
import { type OtpError, type Refused, refusedError } from './error.ts';
import serviceConfig from './service-config.ts';

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
      const error = refusedError(refused, cause && { cause });
      const pause = pauseBefore(rpc, tries, error, refused.metadata);
      if (pause === undefined || Date.now() + pause >= deadline || !(await slept(pause, signals))) throw error;
      cause = error;
    }
  }
}

/** Whether a transport says so that a call failed. */
export function isRefused(error: unknown): error is Refused {
  return error instanceof Object && 'code' in error && 'details' in error;
}

/** Waits; false if a signal was aborted meanwhile. */
function slept(ms: number, signals: readonly AbortSignal[]): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isOver: boolean) => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', cut);
      resolve(isOver);
    };
    const cut = () => end(false);
    const timer = setTimeout(end, ms, true);
    for (const signal of signals) signal.addEventListener('abort', cut);
    if (signals.some(({ aborted }) => aborted)) cut();
  });
}

/** How long to wait before the next try, in ms; undefined if there should be none. The server's wish goes first (gRFC A6). */
function pauseBefore(rpc: string, tries: number, error: OtpError, metadata: Refused['metadata'] | undefined): number | undefined {
  const policy = serviceConfig.methodConfig.find(({ name }) => name.some(({ method }) => method === rpc))?.retryPolicy;
  if (policy === undefined || !policy.retryableStatusCodes.some((code) => code === error.code) || tries >= policy.maxAttempts)
    return undefined;
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
