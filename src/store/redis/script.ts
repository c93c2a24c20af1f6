/** Lua scripts for Redis, and running one: one round trip, by its digest, with its text where Redis does not know it (yet, or any more). */
import { createHash } from 'node:crypto';
import { StoreUnavailableError } from '../../ports/store.ts';
import { COMMAND_TIMEOUT_MS, type Connection } from './connection.ts';
import { isNoScript } from './error.ts';

/** How much longer Redis has for each call of a pipeline, in ms: some thirty times what it takes. */
const MS_FOR_EACH = 2;
/** The most pipelines under way: two, so that Redis has work while the answers to one are read. */
const MOST_PIPELINES = 2;
/** The most pipelines that wait: of 100 calls each, the work of about half a second. */
const MOST_WAITING = 100;

/** The answer of a script if the identity of the store is not the expected one. */
export const STATE_LOST = 'state lost';

/** How long Redis has at least, in ms, for the text of a script that it did not know; with what its first answer took, 275 at most. */
const LEAST_PATIENCE_MS = 25;

/**
 * Opens every script. KEYS[1] and ARGV[1]: where the identity of the store is, and what it was when this process opened it. ARGV[2]: the moment
 * to judge by, in ms since the epoch; empty for that of Redis, one clock for all instances.
 */
const PRELUDE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return '${STATE_LOST}' end
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end`;

export interface Script {
  readonly text: string;
  /** SHA-1 of the text, as Redis names it. */
  readonly digest: string;
}

/** A script with its keys and arguments, ready to send. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  /** Set if another master has just said that the slot of the keys is moving here. */
  readonly asking?: boolean;
}

/**
 * Carries out a call in one atomic step. Throws `StoreUnavailableError`, after which the step may have been taken or not; not, if it is a
 * `RefusedError`.
 */
export type RunScript = (call: ScriptCall) => Promise<unknown>;

/**
 * Carries out the calls of one script in their order and in one round trip, each in an atomic step of its own; gives an error for a call that was not
 * carried out, or may not have been. Throws `StoreUnavailableError` where that may be so of all.
 */
export type RunScripts = (calls: readonly ScriptCall[]) => Promise<readonly unknown[]>;

export interface Runner {
  readonly run: RunScript;
  readonly runAll: RunScripts;
}

/** The ways to run scripts: at once, and until as many replicas have what they wrote as the operator asked for. */
export interface Runners extends Runner {
  readonly acknowledged: Runner;
}

/** All scripts there are. */
const scripts: Script[] = [];

/** A script that writes: refused as a whole by a Redis that is read-only, out of memory or cannot save. */
export function writingScript(body: string): Script {
  return scriptOf(`#!lua${PRELUDE}\n${body}`);
}

/** A script that asks neither for the identity nor for the time: those that read and write the identities themselves. */
export function bareScript(body: string): Script {
  return scriptOf(`#!lua\n${body}`);
}

/** The same, if it only reads. */
export function bareReadingScript(body: string): Script {
  return scriptOf(`#!lua flags=no-writes\n${body}`);
}

/** A script that only reads. */
export function readingScript(body: string): Script {
  return scriptOf(`#!lua flags=no-writes${PRELUDE}\n${body}`);
}

/** Runs each script as soon as it is asked for. */
export function createRun({ redis, answered, translate }: Connection): RunScript {
  return async ({ script, keys, args, asking }) => {
    const startedAt = performance.now();
    try {
      if (!asking) return await answered(redis.evalsha(script.digest, keys.length, ...keys, ...args));
      // It holds for the next command alone, and nothing comes between.
      redis.asking().catch(() => undefined);
    } catch (error) {
      if (!isNoScript(error)) throw translate(error);
    }
    const patienceMs = Math.max(LEAST_PATIENCE_MS, COMMAND_TIMEOUT_MS - (performance.now() - startedAt));
    try {
      return await answered(redis.eval(script.text, keys.length, ...keys, ...args), patienceMs);
    } catch (error) {
      throw translate(error);
    }
  };
}

/**
 * Runs calls together. The first brings the text along, so that Redis knows the script before any of them, and none overtakes another. A few pipelines
 * are under way at a time, and others wait for them: sent at once they would take Redis longer than it has for an answer, and all would fail.
 */
export function createRunAll({ redis, answered, translate }: Connection): RunScripts {
  const enter = createQueue();

  async function run(calls: readonly ScriptCall[]): Promise<readonly unknown[]> {
    const pipeline = redis.pipeline();
    for (const [place, { script, keys, args }] of calls.entries()) {
      if (place === 0) pipeline.eval(script.text, keys.length, ...keys, ...args);
      else pipeline.evalsha(script.digest, keys.length, ...keys, ...args);
    }
    try {
      const replies = (await answered(pipeline.exec(), COMMAND_TIMEOUT_MS + calls.length * MS_FOR_EACH)) ?? [];
      return calls.map((_, place) => {
        const [error, reply] = replies[place] ?? [new Error('no answer')];
        return error ? translate(error) : reply;
      });
    } catch (error) {
      throw translate(error);
    }
  }

  return (calls) => enter(() => run(calls));
}

/** Lets a few pieces of work be under way, and others wait, in the order of coming. Where Redis is silent each fails soon, as its turn comes. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = MOST_PIPELINES;
  return async (work) => {
    if (free === 0) {
      if (waiting.length >= MOST_WAITING) throw new StoreUnavailableError(new Error('too many batches are waiting'));
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

/** Has Redis know all scripts now, and again whenever it is connected anew: a crowd that finds it without would have to send each its text. */
export async function loadScripts({ redis, answered }: Connection): Promise<void> {
  const load = async (): Promise<void> => {
    const loaded = scripts.map(({ text }) => redis.script('LOAD', text));
    // A user who may not do that is served by the texts.
    await answered(Promise.allSettled(loaded)).catch(() => undefined);
  };
  redis.on('ready', load);
  await load();
}

function scriptOf(text: string): Script {
  const script = { text, digest: createHash('sha1').update(text).digest('hex') };
  scripts.push(script);
  return script;
}
