/** Running scripts until replicas have them: one WAIT for all that came while the one before was under way. */
import { StoreUnavailableError } from '../../ports/store.ts';
import { COMMAND_TIMEOUT_MS, type Connection } from './connection.ts';
import { isNoScript } from './error.ts';
import type { Runner, ScriptCall } from './script.ts';

/** How long replicas have to acknowledge, in ms. Redis looks at its waits ten times a second: it may answer so much later, and still in time. */
const WAIT_MS = 100;
/** Scripts that share one WAIT: few enough that they take Redis some milliseconds. */
const MOST_A_BATCH = 500;

interface Job {
  readonly call: ScriptCall;
  /** True once Redis has said that it does not know the script's digest. */
  byText: boolean;
  readonly isSettled: () => boolean;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Runs scripts so that `replicas` of Redis have acknowledged what they wrote before the result is returned. If fewer have, or too late, throws
 * `StoreUnavailableError`. Needs a connection of its own, since WAIT holds up all that follows on it. Commands that still wait to be sent when
 * nothing has been acknowledged for 200 ms are never sent. A long queue waits as long as it moves on.
 */
export function createAcknowledgedRun({ redis, answered, translate }: Connection, replicas: number): Runner {
  const waiting: Job[] = [];
  let isWorking = false;
  /** When replicas last had a whole batch. */
  let acknowledgedAt = 0;

  async function send(batch: readonly Job[]): Promise<void> {
    const pipeline = redis.pipeline();
    // Where each job is in the pipeline.
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
      // If it was this process that was held up, the answer waits to be read: events first.
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
    // The first by its text: see `createRunAll`.
    runAll: (calls) => Promise.all(calls.map((call, place) => enqueue(call, place === 0).catch((error: unknown) => error))),
  };
}

function tooFew(): StoreUnavailableError {
  return new StoreUnavailableError(new Error('too few replicas acknowledged in time'));
}
