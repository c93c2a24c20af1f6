/** Callers of a batching client while the server is killed: each gets an answer or the error of its call, and no code is accepted twice. */
import { expect, test } from 'vitest';
import { connect, type OtpClient, OtpError, VerifyStatus } from '../../clients/typescript/src/index.ts';
import { type Caller, verdictOf } from './caller.ts';
import { violationsOf } from './checker.ts';
import { type Cluster, ONE_PROCESS, startCluster } from './cluster.ts';
import { tally } from './crowd.ts';
import { nextRandom, progress, type Random, size } from './form.ts';
import type { Instance, LogLine } from './instance.ts';
import { codeOf, hotpKey, requestOf, type VerifyInit } from './keys.ts';
import { run } from './workload.ts';

const CALLERS = 256;
const KILLS = size(3, 20);
const CALLS = size(6000, 100_000);
/** Longer than any test, so that callers without a deadline do not time out. */
const FOREVER = { deadlineMs: 3_600_000 } as const;

type Request = Parameters<OtpClient['verify']>[0];
type Call = Parameters<OtpClient['verify']>[1];

/** Verifies through `client`. Some callers give up after a moment, by a signal or a deadline. */
function verifyBy(client: OtpClient, random: Random): Caller['verify'] {
  const impatience = (): Call => {
    if (random.chance(0.05)) return { signal: AbortSignal.timeout(random.below(20)) };
    return random.chance(0.05) ? { deadlineMs: 1 + random.below(20) } : {};
  };
  return (request) =>
    client.verify(request as Request, impatience()).then(verdictOf, (error: unknown) => {
      if (!(error instanceof OtpError)) throw error;
      const text = `${error.code} ${error.reason}`;
      if (error.reason === 'ERROR_REASON_REQUEST_ID_REUSED') return { outcome: 'request_id_reused', step: undefined, text };
      if (error.code !== 'CANCELLED' && !hasNoAnswer(error)) throw error;
      return { outcome: 'unknown', step: undefined, text };
    });
}

/** Whether the server was unreachable for longer than the retries, or than the deadline of the call. */
function hasNoAnswer(error: unknown): boolean {
  return error instanceof OtpError && (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED');
}

/** Returns the cluster for these callers. They share an API key, so their calls share batches. */
function through(client: OtpClient, cluster: Cluster, random: Random): Cluster {
  const verify = verifyBy(client, random);
  const instances = cluster.instances.map((one) => ({ ...one, caller: { ...one.caller, verify } }));
  return { ...cluster, apiKeys: cluster.apiKeys.slice(0, 1), instances };
}

function connectTo({ apiKeys: [apiKey = ''], instances: [instance] }: Cluster): [Instance, OtpClient] {
  if (instance === undefined) throw new Error('a cluster without an instance');
  return [instance, connect(instance.address, apiKey, { plaintext: true, batching: true })];
}

/** Returns the batches in the log of the server. */
function batchesOf({ log }: Instance): readonly LogLine[] {
  return log().filter(({ method }) => method?.endsWith('/BatchVerify'));
}

test(
  `${CALLERS} callers in a random run with ${KILLS} kills see one order of judgements`,
  async () => {
    const random = nextRandom();
    await using cluster = await startCluster(ONE_PROCESS, random);
    const [instance, client] = connectTo(cluster);
    using _ = client;
    const kills = Array.from({ length: KILLS }, (_kill, place) => ({
      name: `kill ${place}`,
      begin: () => {
        progress('kills under batching clients', place, KILLS);
        return instance.kill();
      },
      end: () => instance.start(),
    }));
    const { history } = await run(through(client, cluster, random), kills, random, { keys: 100, callers: CALLERS, calls: CALLS });
    expect(violationsOf(history)).toEqual([]);
    const { accepted = 0, replayed = 0, mismatch = 0, unknown = 0 } = tally(history.map(({ answer }) => answer));
    expect(Math.min(accepted, replayed, mismatch, unknown)).toBeGreaterThan(0);
    // The client did send batches.
    expect(batchesOf(instance)).not.toEqual([]);
  },
  size(90_000, 1_200_000),
);

test('a caller who leaves ends its own wait alone, and the server that was killed judges each code once', async () => {
  const random = nextRandom();
  await using cluster = await startCluster(ONE_PROCESS, random);
  const [instance, client] = connectTo(cluster);
  using _ = client;
  const planned = Array.from({ length: CALLERS }, () => {
    const key = hotpKey(random);
    const code = codeOf(key, random.below(key.last));
    return { bare: requestOf(key, code), request: requestOf(key, code, { requestId: random.uuid() }) };
  });
  const verify = (request: VerifyInit, call: Call = FOREVER) => client.verify(request as Request, call);
  // This call opens the connection.
  await client.token({ key: { source: { case: 'secret', value: hotpKey(random).secret } } });
  process.kill(instance.pid(), 'SIGSTOP');

  const leaving = new AbortController();
  const wishes: Call[] = [{ ...FOREVER, signal: leaving.signal }, { deadlineMs: 300 }];
  let ended = 0;
  const calls = planned.map(({ request }, place) => verify(request, wishes[place]).finally(() => (ended += 1)));
  const outcomes = Promise.allSettled(calls);
  await expect(calls[1]).rejects.toMatchObject({ name: 'OtpError', code: 'DEADLINE_EXCEEDED' });
  leaving.abort('tired');
  await expect(calls[0]).rejects.toMatchObject({ name: 'OtpError', code: 'CANCELLED', cause: 'tired' });
  expect(ended).toBe(2);

  await instance.kill();
  await instance.start();
  for (const outcome of (await outcomes).slice(2)) {
    if (outcome.status === 'fulfilled') expect(outcome.value.status).toBe(VerifyStatus.ACCEPTED);
    else expect(hasNoAnswer(outcome.reason)).toBe(true);
  }
  const persist = async (request: VerifyInit): Promise<VerifyStatus> =>
    verify(request).then(
      ({ status }) => status,
      (error: unknown) => {
        if (hasNoAnswer(error)) return persist(request);
        throw error;
      },
    );
  const statuses = async (requests: readonly VerifyInit[]) => new Set(await Promise.all(requests.map(persist)));
  // Callers that have left also see it, since a request id has one answer.
  expect(await statuses(planned.map(({ request }) => request))).toEqual(new Set([VerifyStatus.ACCEPTED]));
  expect(await statuses(planned.map(({ bare }) => bare))).toEqual(new Set([VerifyStatus.REPLAYED]));
}, 90_000);
