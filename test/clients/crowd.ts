/** Runs the callers of a language in batches, while their server is killed and started again on the same data. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Answer } from '../chaos/caller.ts';
import { type Cluster, ONE_PROCESS, startCluster } from '../chaos/cluster.ts';
import { nextRandom } from '../chaos/form.ts';
import type { Instance, LogLine } from '../chaos/instance.ts';
import { codeOf, hotpKey, requestOf, type TestKey } from '../chaos/keys.ts';
import { RUNNERS } from './runner.ts';

/** Two callers send each code, each with its own request id. */
const CALLERS = 256;
const REQUESTS = 24;
/** The server is killed after these numbers of answers. */
const KILLED_AFTER = [CALLERS * 2, CALLERS * 10];
const MOST_ITEMS = 100;
const TIMEOUT_MS = 200_000;

/** A try of a request, as the runner prints it. */
export interface Try {
  readonly caller: number;
  readonly request: number;
  readonly code: string;
  /** The status in an answer. */
  readonly status?: string;
  /** The reason of an error. */
  readonly reason?: string;
}

export interface CrowdRun {
  readonly exitCode: number | null;
  readonly stderr: string;
  readonly tries: readonly Try[];
  /** The number of times that the server was killed. */
  readonly kills: number;
  /** The log of the server. */
  readonly log: readonly LogLine[];
  /** The answers to each code, which is sent again at the end. */
  readonly after: readonly Answer[];
}

/** Returns the tries of each request in order, paired with the tries of the other caller with the same code. */
export function pairsOf(tries: readonly Try[]): (readonly [readonly Try[], readonly Try[]])[] {
  const byRequest = Map.groupBy(tries, ({ caller, request }) => `${caller} ${request}`);
  const of = (caller: number, request: number) => byRequest.get(`${caller} ${request}`) ?? [];
  return Array.from({ length: (CALLERS / 2) * REQUESTS }, (_, place) => {
    const [caller, request] = [place % (CALLERS / 2), Math.floor(place / (CALLERS / 2))];
    return [of(caller, request), of(caller + CALLERS / 2, request)];
  });
}

/** Runs the crowd of a language to its end. */
export async function runCrowd(language: string): Promise<CrowdRun> {
  const random = nextRandom();
  await using parts = new AsyncDisposableStack();
  const cluster = parts.use(await startCluster(ONE_PROCESS, random));
  const [instance] = cluster.instances as [Instance];
  const keys = Array.from({ length: REQUESTS }, () => Array.from({ length: CALLERS / 2 }, () => hotpKey(random)));
  const requestBy = (key: TestKey | undefined) =>
    key && {
      key: { secret: key.secret, type: 'OTP_TYPE_HOTP', digits: 8, counter: '0' },
      code: codeOf(key, key.first),
      requestId: random.uuid(),
    };
  const crowd = Array.from({ length: CALLERS }, (_, caller) => keys.map((round) => requestBy(round[caller % (CALLERS / 2)])));
  const folder = mkdtempSync(join(tmpdir(), 'otpd-crowd-'));
  parts.defer(() => rmSync(folder, { recursive: true }));
  const config = join(folder, 'config.json');
  const servers = { plain: { address: instance.address } };
  writeFileSync(config, JSON.stringify({ servers, keys: { full: cluster.apiKeys[0] }, cases: [], crowd }));

  const child = spawn(join(RUNNERS, language, 'run'), [config], { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
  parts.defer(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const stderr = text(child.stderr);
  const tries: Try[] = [];
  let [answers, kills] = [0, 0];
  let restarted = Promise.resolve();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const one = JSON.parse(line) as Try;
    tries.push(one);
    if (one.code === 'OK') answers += 1;
    if (answers < (KILLED_AFTER[kills] ?? Number.POSITIVE_INFINITY)) return;
    kills += 1;
    restarted = restarted.then(() => instance.kill()).then(() => instance.start());
  });
  const [exitCode] = (await closed) as [number | null];
  await restarted;
  return { exitCode, stderr: await stderr, tries, kills, log: instance.log(), after: await askOnceMore(cluster, keys.flat()) };
}

/** Sends each code again, without a request id. */
async function askOnceMore(
  { instances: [instance], apiKeys: [apiKey = ''] }: Cluster,
  keys: readonly TestKey[],
): Promise<Answer[]> {
  const requests = keys.map((key) => requestOf(key, codeOf(key, key.first)));
  const answers: Answer[] = [];
  for (let from = 0; from < requests.length; from += MOST_ITEMS)
    answers.push(...((await instance?.caller.verifyAll(requests.slice(from, from + MOST_ITEMS), apiKey)) ?? []));
  return answers;
}
