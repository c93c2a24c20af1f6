/** A load of right codes, each for a new key. The test knows at any time which codes were accepted. */
import type { Cluster } from './cluster.ts';
import type { Random } from './form.ts';
import { codeOf, hotpKey, requestOf, totpKey, type VerifyInit } from './keys.ts';

const CALLERS = 16;

export interface AcceptedCodes {
  /** The requests whose codes were accepted so far. */
  readonly accepted: readonly VerifyInit[];
  readonly stop: () => Promise<void>;
}

/** Verifies codes on the first instance until the load is stopped. */
export function acceptCodes({ instances: [instance], apiKeys }: Cluster, random: Random): AcceptedCodes {
  const accepted: VerifyInit[] = [];
  let isStopped = false;
  async function call(): Promise<void> {
    while (!isStopped) {
      const key = random.chance(0.5) ? hotpKey(random) : totpKey(random);
      const request = requestOf(key, codeOf(key, key.first));
      const answer = await instance?.caller.verify(request, apiKeys[0] ?? '');
      if (answer?.outcome === 'accepted') accepted.push(request);
    }
  }
  const calls = Promise.all(Array.from({ length: CALLERS }, call));
  const stop = async () => {
    isStopped = true;
    await calls;
  };
  return { accepted, stop };
}
