/** Callers with the standard retries of gRPC, who send each code twice: it must be accepted exactly once. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createCaller } from './caller.ts';
import type { Random } from './form.ts';
import { codeOf, hotpKey, requestOf } from './keys.ts';

const CALLERS = 20;
const MOST_PAUSE_MS = 10;

/** The client configuration (gRFC A6) in docs/operations.md. */
const [, SERVICE_CONFIG = ''] =
  /```json\n(\{\s*"loadBalancingConfig".*?)```/s.exec(readFileSync('docs/operations.md', 'utf8')) ?? [];

/** Returns the gRPC target for instances, each as `host:port`. */
export function targetOf(addresses: readonly string[]): string {
  return `ipv4:${addresses.join(',')}`;
}

export interface Load {
  /** Returns the number of codes with both answers. */
  readonly codes: () => number;
  /** Ends the load; resolves to the count of all answers. As many must be `accepted` as are `replayed`, and none the status of an error. */
  readonly stop: () => Promise<Record<string, number>>;
}

/** Starts the load on a gRPC target, over this many channels. */
export function startLoad(target: string, apiKey: string, random: Random, channels = 4): Load {
  const caller = createCaller(target, channels, {
    'grpc.service_config': SERVICE_CONFIG,
    // The default is 30 s.
    'grpc.dns_min_time_between_resolutions_ms': 500,
  });
  const tally: Record<string, number> = {};
  let codes = 0;
  let isOver = false;
  const callers = Array.from({ length: CALLERS }, async () => {
    while (!isOver) {
      const key = hotpKey(random);
      const code = codeOf(key, 1);
      for (let time = 0; time < 2; time += 1) {
        const { outcome, text } = await caller.verify(requestOf(key, code, { requestId: random.uuid() }), apiKey);
        const what = outcome === 'unknown' ? text : outcome;
        tally[what] = (tally[what] ?? 0) + 1;
      }
      codes += 1;
      await pause(random.below(MOST_PAUSE_MS));
    }
  });
  return {
    codes: () => codes,
    async stop() {
      isOver = true;
      await Promise.all(callers);
      caller.close();
      return tally;
    },
  };
}
