/** Sends many calls at once to all instances of a cluster, and counts their outcomes. */
import { randomUUID } from 'node:crypto';
import type { Answer, Outcome } from './caller.ts';
import { around, type Cluster } from './cluster.ts';
import type { VerifyInit } from './keys.ts';

export type Tally = Partial<Record<Outcome, number>>;

/** Sends all requests at once. Instances and API keys take turns. */
export function send({ instances, apiKeys }: Cluster, requests: readonly VerifyInit[]): Promise<Answer>[] {
  return requests.map((request, place) => {
    const round = Math.floor(place / instances.length);
    return around(instances, place).caller.verify(request, around(apiKeys, round));
  });
}

/** Sends all requests at once; resolves to all answers. */
export function sendAll(cluster: Cluster, requests: readonly VerifyInit[]): Promise<Answer[]> {
  return Promise.all(send(cluster, requests));
}

/** Repeats a call until it is answered. `ask` gets the number of tries before. */
export async function untilAnswered(ask: (tries: number) => Promise<Answer>): Promise<Answer> {
  for (let tries = 0; ; tries += 1) {
    const answer = await ask(tries);
    if (answer.outcome !== 'unknown') return answer;
  }
}

/**
 * Sends all requests at once, and each of them again until it is answered, since a store does not answer in time while the machine pauses. By its
 * request id it stays the same request. Resolves to all answers.
 */
export function answersOf({ instances, apiKeys }: Cluster, requests: readonly VerifyInit[]): Promise<Answer[]> {
  return Promise.all(
    requests.map(async (request, place) => {
      const { caller } = around(instances, place);
      const same = { ...request, requestId: randomUUID() };
      return untilAnswered(() => caller.verify(same, around(apiKeys, 0)));
    }),
  );
}

/** Resolves when this many answers have arrived. */
export function arrived(answers: readonly Promise<Answer>[], count: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = count;
  const arrive = (): void => {
    left -= 1;
    if (left === 0) resolve();
  };
  for (const answer of answers) answer.then(arrive, reject);
  return promise;
}

/** Returns the number of answers with each outcome. */
export function tally(answers: readonly Answer[]): Tally {
  const counted: Tally = {};
  for (const { outcome } of answers) counted[outcome] = (counted[outcome] ?? 0) + 1;
  return counted;
}

/** Processes all items, at most `width` at a time. */
export async function inTurns<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, place: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  async function worker(): Promise<void> {
    for (const [place, item] of queue) results[place] = await work(item, place);
  }
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
