/** Callers with the standard retries of gRPC, who send each code twice: once it is accepted, and never again. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createCaller } from './caller.ts';
import type { Tally } from './crowd.ts';
import type { Random } from './form.ts';
import { codeOf, hotpKey, requestOf } from './keys.ts';

const CALLERS = 20;
const MOST_PAUSE_MS = 10;

/** The configuration of a client (gRFC A6), as docs/operations.md has it. */
const [, SERVICE_CONFIG = ''] =
  /```json\n(\{\s*"loadBalancingConfig".*?)```/s.exec(readFileSync('docs/operations.md', 'utf8')) ?? [];

export interface Load {
  /** How many codes were sent, and both answers seen. */
  readonly codes: () => number;
  /** Ends it; resolves to the count of all answers: as many are `accepted` as are `replayed`, and none is anything else. */
  readonly stop: () => Promise<Tally>;
}

/** Starts it on `addresses` (`host:port`), each with its own connections. */
export function startLoad(addresses: readonly string[], apiKey: string, random: Random, connections = 4): Load {
  const caller = createCaller(`ipv4:${addresses.join(',')}`, connections, { 'grpc.service_config': SERVICE_CONFIG });
  const tally: Tally = {};
  let codes = 0;
  let isOver = false;
  const callers = Array.from({ length: CALLERS }, async () => {
    while (!isOver) {
      const key = hotpKey(random);
      const code = codeOf(key, 1);
      for (let time = 0; time < 2; time += 1) {
        const { outcome } = await caller.verify(requestOf(key, code, { requestId: random.uuid() }), apiKey);
        tally[outcome] = (tally[outcome] ?? 0) + 1;
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
