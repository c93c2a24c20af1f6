/** Loads the product for a long time, and says each minute what a call costs and what memory it takes. */
import { startCrowd } from './crowd-process.ts';
import { launch } from './launch.ts';
import { withPostMortem } from './post-mortem.ts';
import { CONNECTIONS, STREAMS } from './rows.ts';
import { latencies } from './statistics.ts';
import { short } from './table.ts';

const MEBIBYTE = 2 ** 20;
const MINUTE_S = 60;
/** More Token requests than are answered in a minute; they are all the same bytes. */
const REQUESTS = 30_000 * MINUTE_S;

/** Throws if an answer is wrong or the server fails. */
export async function soak(minutes: number, say: (line: string) => void): Promise<void> {
  const launched = await launch({ kind: 'product', limits: true, logs: true });
  const { server, apiKey, folder } = launched;
  const who = {
    address: server.address,
    apiKeys: [apiKey],
    guarded: true,
    connections: CONNECTIONS,
    underWay: CONNECTIONS * STREAMS,
    code: 'none',
  } as const;
  try {
    for (let minute = 1; minute <= minutes; minute += 1) {
      // New connections each minute: those of half an hour the server sends away.
      const crowd = await startCrowd(who, folder);
      await crowd.prepare(REQUESTS);
      const before = server.cpuMicros();
      const { calls, seconds, micros } = await withPostMortem(launched, () => crowd.run(MINUTE_S));
      crowd.close();
      const cpu = short((server.cpuMicros() - before) / calls);
      const resident = short(server.residentBytes() / MEBIBYTE);
      say(
        `minute ${minute}: ${cpu} µs CPU a call, ${short(calls / seconds)} calls/s, p99 ${short(latencies(micros).p99)} ms, ${resident} MiB`,
      );
    }
  } finally {
    await launched.stop();
  }
}
