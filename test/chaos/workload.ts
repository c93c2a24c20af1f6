/** A random run: callers send right, wrong, used and earlier codes, repeat requests, and use request ids twice, while faults occur. */
import { setTimeout as pause } from 'node:timers/promises';
import { around, type Cluster } from './cluster.ts';
import type { Fault } from './faults.ts';
import type { Random } from './form.ts';
import type { Call } from './history.ts';
import { codeOf, hotpKey, requestOf, type TestKey, totpKey, type VerifyInit, wrongCode } from './keys.ts';

export interface Workload {
  /** The keys in use at a time, and the number of callers. */
  readonly keys: number;
  readonly callers: number;
  /** The length of the run. */
  readonly ms?: number;
  /** The least number of calls, instead of `ms`. Each fault then occurs once, and ends before the run does. */
  readonly calls?: number;
  /** The number of codes that a caller sends at once by BatchVerify; undefined to send each by Verify. */
  readonly batch?: number;
}

/** All questions and answers, and the keys to which they belong. */
export interface Run {
  readonly history: readonly Call[];
  readonly keys: readonly TestKey[];
  /** The same keys by their names in the history. */
  readonly byName: ReadonlyMap<string, TestKey>;
}

type Asked = Omit<Call, 'invokedAt' | 'answeredAt' | 'answer'>;

/** A key in use, and how many of its codes are used up. */
interface Slot {
  readonly name: string;
  readonly key: TestKey;
  next: number;
  /** The number of THROTTLED answers. The lock lasts longer than the run. */
  throttled: number;
  /** The share of wrong codes: a few mistypes, or mostly guesses. */
  readonly wrong: number;
  /** Whether the guesser has a used code and sends it with `allow_reuse` to get more guesses. */
  readonly insists: boolean;
  /** Whether its first code is known to be used. */
  isUsed: boolean;
  /** The requests with an id. */
  readonly sent: Asked[];
}

/** After this many THROTTLED answers, another key takes the place of a key. */
const THROTTLED_ENOUGH = 10;
/** A repeat is one of this many latest requests. */
const REMEMBERED = 10;
const PAUSE_MS = { least: 150, more: 350 };

/**
 * Runs the workload on a cluster with one fault after the other. Ends when the service is healthy again and every request with an id has an answer.
 */
export async function run(
  cluster: Cluster,
  faults: readonly Fault[],
  random: Random,
  { keys, callers, ms = 0, calls: least = 0, batch }: Workload,
): Promise<Run> {
  const history: Call[] = [];
  const byName = new Map<string, TestKey>();
  const until = performance.now() + ms;
  const once = least > 0 ? [...faults] : [];
  let isBroken = least > 0;
  const isOver = () => performance.now() >= until && history.length >= least && !isBroken;

  function newSlot(): Slot {
    const key = random.chance(0.5) ? hotpKey(random) : totpKey(random);
    const name = `${key.type} ${byName.size}`;
    byName.set(name, key);
    return {
      name,
      key,
      next: key.first,
      throttled: 0,
      wrong: random.chance(0.4) ? 0.7 : 0.15,
      insists: byName.size % 3 === 0,
      isUsed: false,
      sent: [],
    };
  }

  function requestFor(asked: Asked): VerifyInit {
    const key = byName.get(asked.key);
    if (key === undefined) throw new Error('an unknown key');
    return requestOf(key, asked.code, {
      ...(asked.requestId !== undefined && { requestId: asked.requestId }),
      ...(asked.afterStep !== undefined && { afterStep: BigInt(asked.afterStep) }),
      allowReuse: !asked.claim,
    });
  }

  /** Sends requests of one caller of the service. */
  async function ask(all: readonly Asked[], apiKey: string): Promise<readonly Call[]> {
    const { verify, verifyAll } = random.pick(cluster.instances).caller;
    const requests = all.map(requestFor);
    const invokedAt = performance.now();
    const answers =
      batch === undefined
        ? await Promise.all(requests.map((request) => verify(request, apiKey)))
        : await verifyAll(requests, apiKey);
    const answeredAt = performance.now();
    const calls = all.map((asked, place) => ({ ...asked, invokedAt, answeredAt, answer: around(answers, place) }));
    history.push(...calls);
    return calls;
  }

  async function caller(slots: Slot[]): Promise<void> {
    while (!isOver()) {
      const chosen = Array.from({ length: batch ?? 1 }, () => {
        const place = random.below(slots.length);
        const slot = around(slots, place);
        return { place, slot, asked: next(slot, cluster.apiKeys, random) };
      });
      const byCaller = [...Map.groupBy(chosen, ({ asked }) => asked.apiKey)];
      const answered = byCaller.map(async ([apiKey, own]) => {
        const calls = await ask(
          own.map(({ asked }) => asked),
          apiKey,
        );
        for (const [at, { place, slot, asked }] of own.entries()) note(slots, place, slot, asked, around(calls, at));
        return calls;
      });
      const calls = (await Promise.all(answered)).flat();
      // A caller repeats the whole batch, so it repeats less often.
      if (calls.some(({ answer }) => answer.outcome === 'unknown')) await pause(random.below(batch === undefined ? 50 : 500));
    }
  }

  /** Records the answer of a call for its slot. */
  function note(slots: Slot[], place: number, slot: Slot, asked: Asked, { answer: { outcome } }: Call): void {
    if (asked.requestId !== undefined) slot.sent.push(asked);
    if (asked.step === slot.key.first && (outcome === 'accepted' || outcome === 'replayed')) slot.isUsed = true;
    if (outcome === 'throttled') slot.throttled += 1;
    if (slots[place] === slot && (slot.throttled > THROTTLED_ENOUGH || slot.next >= slot.key.last)) slots[place] = newSlot();
  }

  async function breakThings(): Promise<void> {
    while (!isOver()) {
      const { begin, end } = once.pop() ?? random.pick(faults);
      await begin();
      await pause(random.below(PAUSE_MS.more));
      await end();
      isBroken &&= once.length > 0;
      if (least > 0 && !isBroken) return;
      await pause(PAUSE_MS.least + random.below(PAUSE_MS.more));
    }
  }

  const slots = Array.from({ length: keys }, newSlot);
  await Promise.all([...Array.from({ length: callers }, () => caller(slots)), breakThings()]);
  const open = history.filter(({ answer, requestId }) => answer.outcome === 'unknown' && requestId !== undefined);
  for (const [apiKey, own] of Map.groupBy(open, (call) => call.apiKey))
    for (let from = 0; from < own.length; from += batch ?? 1) await persist(ask, own.slice(from, from + (batch ?? 1)), apiKey);
  return { history, keys: [...byName.values()], byName };
}

/** Repeats calls until every answer is known. */
async function persist(
  ask: (all: readonly Asked[], apiKey: string) => Promise<readonly Call[]>,
  calls: readonly Call[],
  apiKey: string,
): Promise<void> {
  for (let left = calls; left.length > 0; ) {
    const again = await ask(
      left.map(({ answer, invokedAt, answeredAt, ...asked }) => asked),
      apiKey,
    );
    left = again.filter(({ answer }) => answer.outcome === 'unknown');
    if (left.length > 0) await pause(50);
  }
}

/** Chooses what a caller does next with a key. */
function next(slot: Slot, apiKeys: readonly string[], random: Random): Asked {
  const { key, sent } = slot;
  if (sent.length > 0 && random.chance(0.15)) return repeated(random.pick(sent.slice(-REMEMBERED)), slot, random);
  if (slot.insists) return insisting(slot, apiKeys, random);
  const { code, step } = chooseCode(slot, random);
  return {
    key: slot.name,
    apiKey: random.pick(apiKeys),
    requestId: random.chance(0.6) ? random.uuid() : undefined,
    code,
    step,
    claim: random.chance(0.75),
    afterStep: random.chance(0.1) ? Math.max(0, key.first, slot.next - random.below(4)) : undefined,
  };
}

/** Sends the first code until it is used; then guesses, with the used code between the guesses. */
function insisting(slot: Slot, apiKeys: readonly string[], random: Random): Asked {
  const { name, key } = slot;
  const isGuess = slot.isUsed && random.chance(0.5);
  return {
    key: name,
    apiKey: random.pick(apiKeys),
    requestId: undefined,
    ...(isGuess ? { code: wrongCode(key, random), step: undefined } : { code: codeOf(key, key.first), step: key.first }),
    // The used code passes with `allow_reuse`, or is REPLAYED; neither clears the failures.
    claim: !slot.isUsed || random.chance(0.3),
    afterStep: undefined,
  };
}

/** Returns the same request again, or with another code under the same id. */
function repeated(asked: Asked, slot: Slot, random: Random): Asked {
  return random.chance(0.8) ? asked : { ...asked, ...chooseCode(slot, random) };
}

/** Chooses a new code, an earlier code, or a wrong code. */
function chooseCode(slot: Slot, random: Random): Pick<Asked, 'code' | 'step'> {
  const { key } = slot;
  if (random.chance(slot.wrong)) return { code: random.chance(0.1) ? '1' : wrongCode(key, random), step: undefined };
  if (random.chance(0.5)) slot.next = Math.min(key.last, slot.next + 1 + random.below(2));
  const step = Math.max(key.first, slot.next - (random.chance(0.6) ? 0 : random.below(4)));
  return { code: codeOf(key, step), step };
}
