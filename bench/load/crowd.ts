/**
 * Callers on several connections with a fixed number of calls in progress: when a call ends, the next one is sent. With a rate, the callers send at
 * even intervals instead, whatever the state of earlier calls.
 */
import { isRight } from './answers.ts';
import type { Connection, Ending } from './connection.ts';
import { learn } from './learn.ts';
import { type CrowdOptions, headersFor, open } from './open.ts';
import { whenDue } from './pace.ts';
import { watchProgress } from './progress.ts';

/** The result of a run. */
export interface CrowdResult {
  readonly calls: number;
  readonly seconds: number;
  readonly wrong: number;
  readonly micros: Float64Array;
}

export interface Crowd {
  /** Sends each request once, until none is left or the time is over, then waits for the calls in progress. */
  readonly run: (requests: readonly Buffer[], seconds: number) => Promise<CrowdResult>;
  readonly close: () => void;
}

const PATIENCE_MS = 10_000;

/** Connects all callers. Learns the form of a success from a successful call and a refused call. */
export async function gatherCrowd(options: CrowdOptions): Promise<Crowd> {
  const expected = await learn(options);
  let onEnd: (slot: number, ending: Ending) => void = () => undefined;
  let lost: string | undefined;
  let onLost: () => void = () => undefined;
  const blocks = options.apiKeys.map((apiKey) => headersFor(options, apiKey));
  const connections = await Promise.all(
    Array.from({ length: options.connections }, (_, i) =>
      // Each connection begins at another key, so that all keys are used soon and connections do not run in step.
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
    // The connection whose answer is being read flushes by itself, but this may be another one.
    if (takesTurns) connection?.flush();
  }

  async function run(requests: readonly Buffer[], seconds: number): Promise<CrowdResult> {
    const { rate, underWay, patienceMs = PATIENCE_MS } = options;
    const micros = new Float64Array(requests.length);
    const sentAt = new Float64Array(rate === undefined ? underWay : requests.length);
    const done = Promise.withResolvers<void>();
    let [sent, ended, wrong] = [0, 0, 0];
    let allDue = rate === undefined;
    const startedAt = performance.now();
    const stopAt = startedAt + seconds * 1000;

    const sendNext = (slot: number, dueAt: number): boolean => {
      const body = requests[sent];
      if (body === undefined || dueAt >= stopAt) return false;
      sent += 1;
      sentAt[slot] = dueAt;
      send(slot, body);
      return true;
    };
    const settle = () => {
      if (allDue && sent === ended) done.resolve();
    };
    onEnd = (slot, ending) => {
      const now = performance.now();
      micros[ended] = (now - (sentAt[slot] ?? 0)) * 1000;
      ended += 1;
      if (!isRight(ending, expected)) wrong += 1;
      if (rate === undefined) sendNext(slot, now);
      settle();
    };
    onLost = () => done.reject(new Error(`a connection was lost: ${lost}`));
    if (lost !== undefined) onLost();
    const flush = () => {
      for (const connection of connections) connection.flush();
    };
    if (rate === undefined) {
      for (let slot = 0; slot < underWay; slot += 1) sendNext(slot, startedAt);
      flush();
    } else {
      whenDue(rate, startedAt, sendNext, flush).then(() => {
        allDue = true;
        settle();
      }, done.reject);
    }
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

/** Describes the calls without an answer from the point of view of the callers. */
function stillText(missing: number, sent: number, patienceMs: number, connections: readonly Connection[]): string {
  const unsent = connections.map((connection) => connection.unsent());
  const bytes = unsent.reduce((sum, each) => sum + each.bytes, 0);
  const heldUp = unsent.reduce((sum, each) => sum + each.heldUp, 0);
  return `${missing} of ${sent} calls were not answered, and none for ${patienceMs} ms; ${bytes} bytes unsent, ${heldUp} calls held up by its limits`;
}
