/** Loads the product for a long time, with Token and Verify in turns. Prints each minute the cost of a call, the memory and the disk space. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startCrowd } from './crowd-process.ts';
import { type Launched, launch } from './launch.ts';
import { withPostMortem } from './post-mortem.ts';
import { CONNECTIONS, STREAMS } from './rows.ts';
import { latencies } from './statistics.ts';
import { short } from './table.ts';

const MEBIBYTE = 2 ** 20;
const HALF_A_MINUTE_S = 30;
/** More Token requests than a server answers in half a minute (all have the same bytes), and Verify requests that are made in a similar time. */
const TURNS = [
  { call: 'Token', code: 'none', requests: 30_000 * HALF_A_MINUTE_S },
  { call: 'Verify', code: 'wrong', requests: 200_000 },
] as const;

/** Rejects if an answer is wrong or the server fails. */
export async function soak(minutes: number, say: (line: string) => void): Promise<void> {
  const launched = await launch({ kind: 'installed', limits: true, logs: true });
  try {
    for (let minute = 1; minute <= minutes; minute += 1) {
      const costs: string[] = [];
      for (const turn of TURNS) costs.push(await load(launched, turn));
      const resident = short(launched.server.residentBytes() / MEBIBYTE);
      const disk = short(folderBytes(join(launched.folder, 'data')) / MEBIBYTE);
      say(`minute ${minute}: ${costs.join('; ')}; ${resident} MiB resident, ${disk} MiB on disk`);
    }
  } finally {
    await launched.stop();
  }
}

async function load(launched: Launched, { call, code, requests }: (typeof TURNS)[number]): Promise<string> {
  const { server, apiKey, folder } = launched;
  const underWay = CONNECTIONS * STREAMS;
  // New connections each time, since the server closes old connections.
  const crowd = await startCrowd(
    { address: server.address, apiKeys: [apiKey], guarded: true, connections: CONNECTIONS, underWay, code },
    folder,
  );
  try {
    await crowd.prepare(requests);
    const before = server.cpuMicros();
    const { calls, seconds, micros } = await withPostMortem(launched, () => crowd.run(HALF_A_MINUTE_S));
    const cpu = short((server.cpuMicros() - before) / calls);
    return `${call} ${cpu} µs CPU a call, ${short(calls / seconds)} calls/s, p99 ${short(latencies(micros).p99)} ms`;
  } finally {
    crowd.close();
  }
}

function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
