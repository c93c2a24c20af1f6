/** Runs scripts and waits until replicas have their writes. All scripts that arrive during a WAIT share the next WAIT. */
import { StoreUnavailableError } from '../../ports/store.ts';
import { COMMAND_TIMEOUT_MS, type Connection } from './connection.ts';
import { isNoScript } from './error.ts';
import type { Runner, ScriptCall } from './script.ts';

/** How long replicas have to acknowledge, in ms. Redis checks its waits ten times a second, so its answer may come 100 ms later, and still in time. */
const WAIT_MS = 100;
/** The most scripts that share one WAIT, which take Redis some milliseconds. */
const MOST_A_BATCH = 500;

interface Job {
  readonly call: ScriptCall;
  /** True once Redis has answered that it does not know the script's digest. */
  byText: boolean;
  readonly isSettled: () => boolean;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Runs scripts so that `replicas` of Redis have acknowledged their writes before the result is returned. If fewer have, or too late, throws `StoreUnavailableError`. Needs
 * its own connection, since WAIT blocks all commands after it. If nothing has been acknowledged for 200 ms, waiting commands are never sent. A long queue waits as long as
 * it makes progress.
 */
export function createAcknowledgedRun({ redis, answered, translate }: Connection, replicas: number): Runner {
  const waiting: Job[] = [];
  let isWorking = false;
  /** When replicas last acknowledged a whole batch. */
  let acknowledgedAt = 0;

  async function send(batch: readonly Job[]): Promise<void> {
    const pipeline = redis.pipeline();
    // The place of each job in the pipeline.
    const places: number[] = [];
    for (const { call, byText } of batch) {
      const { script, keys, args, asking } = call;
      if (asking) pipeline.asking();
      places.push(pipeline.length);
      if (byText || asking) pipeline.eval(script.text, keys.length, ...keys, ...args);
      else pipeline.evalsha(script.digest, keys.length, ...keys, ...args);
    }
    pipeline.wait(replicas, WAIT_MS);
    const replies = (await answered(pipeline.exec())) ?? [];
    const [failure, acknowledged] = replies.at(-1) ?? [];
    const refusal = failure ? translate(failure) : Number(acknowledged) < replicas ? tooFew() : undefined;
    if (refusal === undefined) acknowledgedAt = performance.now();
    for (const [index, job] of batch.entries()) {
      const [error, reply] = replies[places[index] ?? -1] ?? [new Error('no answer')];
      if (isNoScript(error)) {
        job.byText = true;
        waiting.push(job);
      } else if (error) job.reject(translate(error));
      else if (refusal) job.reject(refusal);
      else job.resolve(reply);
    }
  }

  async function work(): Promise<void> {
    isWorking = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MOST_A_BATCH).filter((job) => !job.isSettled());
      if (batch.length === 0) continue;
      await send(batch).catch((error: unknown) => {
        for (const job of batch) job.reject(translate(error));
      });
    }
    isWorking = false;
  }

  const enqueue = (call: ScriptCall, byText: boolean): Promise<unknown> =>
    new Promise((resolve, reject) => {
      let settled = false;
      let timer: NodeJS.Timeout;
      // If this process was held up, the answer may be waiting to be read: events are handled first.
      const watch = (ms: number): void => {
        timer = setTimeout(() => setImmediate(giveUp), ms);
      };
      const giveUp = (): void => {
        if (settled) return;
        const leftMs = acknowledgedAt + COMMAND_TIMEOUT_MS - performance.now();
        if (leftMs > 0) watch(leftMs);
        else job.reject(tooFew());
      };
      const settle =
        <T>(report: (result: T) => void) =>
        (result: T) => {
          settled = true;
          clearTimeout(timer);
          report(result);
        };
      const job: Job = { call, byText, isSettled: () => settled, resolve: settle(resolve), reject: settle(reject) };
      watch(COMMAND_TIMEOUT_MS);
      waiting.push(job);
      if (!isWorking) void work();
    });

  return {
    run: (call) => enqueue(call, false),
    // The first call sends the text: see `createRunAll`.
    runAll: (calls) => Promise.all(calls.map((call, place) => enqueue(call, place === 0).catch((error: unknown) => error))),
  };
}

function tooFew(): StoreUnavailableError {
  return new StoreUnavailableError(new Error('too few replicas acknowledged in time'));
}
