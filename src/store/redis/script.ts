/** Lua scripts for Redis: each runs in one round trip, by its digest, or by its text if Redis does not know it. */
import { createHash } from 'node:crypto';
import { StoreUnavailableError } from '../../ports/store.ts';
import { COMMAND_TIMEOUT_MS, type Connection } from './connection.ts';
import { isNoScript } from './error.ts';

/** The additional time for each call of a pipeline, in ms: some thirty times the time that it takes. */
const MS_FOR_EACH = 2;
/** The most pipelines in progress: two, so that Redis has work while the answers to one are read. */
const MOST_PIPELINES = 2;
/** The most pipelines that wait: with 100 calls each, the work of about half a second. */
const MOST_WAITING = 100;

/** The reply of a script if the identity of the store differs from the expected one. */
export const STATE_LOST = 'state lost';

/** The least time for a script by its text, after Redis did not know its digest, in ms; together with the first answer 275 at most. */
const LEAST_PATIENCE_MS = 25;

/**
 * The beginning of every script. KEYS[1] is the key of the store's identity, and ARGV[1] its value when this process opened the store. ARGV[2] is the time to judge by,
 * in ms since the epoch; empty for the clock of Redis, which all instances share.
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
  /** SHA-1 of the text, by which Redis knows the script. */
  readonly digest: string;
}

/** A script with its keys and arguments, ready to send. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  /** Set if another master has just answered that the slot of the keys is moving to this one. */
  readonly asking?: boolean;
}

/**
 * Carries out a call in one atomic step. Throws `StoreUnavailableError`, after which the step may or may not have been carried out; after a `RefusedError` it was
 * not.
 */
export type RunScript = (call: ScriptCall) => Promise<unknown>;

/**
 * Carries out the calls of one script in order and in one round trip, each in its own atomic step. Returns an error for a call that was not carried out, or may not
 * have been. Throws `StoreUnavailableError` if that may hold for all of them.
 */
export type RunScripts = (calls: readonly ScriptCall[]) => Promise<readonly unknown[]>;

export interface Runner {
  readonly run: RunScript;
  readonly runAll: RunScripts;
}

/** The ways to run scripts: at once, or waiting until the configured number of replicas has their writes. */
export interface Runners extends Runner {
  readonly acknowledged: Runner;
}

/** All scripts of the program. */
const scripts: Script[] = [];

/** Makes a script that writes. A Redis that is read-only, out of memory or cannot save refuses it as a whole. */
export function writingScript(body: string): Script {
  return scriptOf(`#!lua${PRELUDE}\n${body}`);
}

/** Makes a script that reads or writes the identity itself, and therefore compares no identity and needs no time. */
export function bareScript(body: string): Script {
  return scriptOf(`#!lua\n${body}`);
}

/** The same for a script that only reads. */
export function bareReadingScript(body: string): Script {
  return scriptOf(`#!lua flags=no-writes\n${body}`);
}

/** Makes a script that only reads. */
export function readingScript(body: string): Script {
  return scriptOf(`#!lua flags=no-writes${PRELUDE}\n${body}`);
}

/** Runs each script at once; the scripts of one turn of the event loop leave in one write. */
export function createRun({ redis, cork, answered, translate }: Connection): RunScript {
  return async ({ script, keys, args, asking }) => {
    cork();
    const startedAt = performance.now();
    try {
      if (!asking) return await answered(redis.evalsha(script.digest, keys.length, ...keys, ...args));
      // ASKING applies to the next command alone, and no other command comes between.
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
 * Runs calls together. The first call brings the text, so that Redis knows the script before the others, and no call overtakes another. A few pipelines are in progress
 * at a time, and others wait: if they were all sent at once, Redis would need longer than the time for an answer, and all would fail.
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

/** Allows a few pieces of work to be in progress, while others wait in order. If Redis does not answer, each fails soon after its turn comes. */
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

/** Loads all scripts into Redis now, and again after each reconnection: otherwise many callers at once would each have to send the text. */
export async function loadScripts({ redis, answered }: Connection): Promise<void> {
  const load = async (): Promise<void> => {
    const loaded = scripts.map(({ text }) => redis.script('LOAD', text));
    // For a user who may not load scripts, calls send their text.
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
