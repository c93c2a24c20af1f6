/** Many calls at once, over all instances of a cluster, and the count of what came of them. */
import type { Answer, Outcome } from './caller.ts';
import { around, type Cluster } from './cluster.ts';
import type { VerifyInit } from './keys.ts';

export type Tally = Partial<Record<Outcome, number>>;

/** Sends all requests at once, to the instances and under the API keys in turn. */
export function send({ instances, apiKeys }: Cluster, requests: readonly VerifyInit[]): Promise<Answer>[] {
  return requests.map((request, place) => {
    const round = Math.floor(place / instances.length);
    return around(instances, place).caller.verify(request, around(apiKeys, round));
  });
}

/** The same, with all answers. */
export function sendAll(cluster: Cluster, requests: readonly VerifyInit[]): Promise<Answer[]> {
  return Promise.all(send(cluster, requests));
}

/** Resolves when this many answers have come. */
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

/** How often each outcome came. */
export function tally(answers: readonly Answer[]): Tally {
  const counted: Tally = {};
  for (const { outcome } of answers) counted[outcome] = (counted[outcome] ?? 0) + 1;
  return counted;
}

/** All at once, but no more than `width` at a time. */
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
