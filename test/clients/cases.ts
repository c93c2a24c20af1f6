/** The cases of the scenario from `cases.json` and `calls.json`, with their long texts expanded. */
import calls from './calls.json' with { type: 'json' };
import scenario from './cases.json' with { type: 'json' };
import type { Json } from './match.ts';
import { spelled } from './options.ts';

export interface Step {
  readonly rpc: string;
  readonly server?: string;
  readonly key?: string;
  readonly client_deadline_ms?: number;
  readonly expect: Json;
}

export interface Case {
  readonly name: string;
  /** The languages that can express the step; undefined means all. */
  readonly languages?: readonly string[];
  readonly steps: readonly Step[];
}

const all = written([...scenario.cases, ...calls.cases] as unknown as Json) as unknown as readonly Case[];

/** Returns the cases for the runner of a language, with the expected results. */
export function casesFor(language: string): readonly Case[] {
  const own = all.filter(({ languages }) => languages?.includes(language) ?? true);
  return own.map(({ name, steps }) => ({
    name,
    steps: steps.map((step) => ({ ...step, expect: spelled(step.expect, language) })),
  }));
}

/** Fields whose values differ from run to run. */
export const volatile: ReadonlySet<string> = new Set(scenario.volatile);

/** The languages whose libraries do not detect a vanished peer. The PHP client uses curl, which has no keepalive for HTTP/2 connections. */
export const WITHOUT_KEEPALIVE: ReadonlySet<string> = new Set(['php']);

/** The languages that need a connection for each plaintext call, because of a bug in curl 7.88. */
export const WITH_A_CONNECTION_EACH: ReadonlySet<string> = new Set(['php']);

/** The languages whose libraries can combine concurrent calls into a batch. */
export const WITH_BATCHING: ReadonlySet<string> = new Set(['go', 'java', 'python-asyncio', 'typescript']);

/** A stream over a connection that freezes. Three codes of an hour each take longer than any test. */
export const frozen: Case = {
  name: 'a stream whose peer vanishes without a word',
  steps: [
    {
      rpc: 'WatchToken',
      server: 'frozen',
      request: { key: { secret: 'JBSWY3DPEHPK3PXP', periodSeconds: 3600 } },
      take: 3,
      expect: { code: 'UNAVAILABLE' },
    } as Step,
  ],
};

/** Expands each `{"$repeat": [text, times]}` to the repeated text. */
function written(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(written);
  const object = value as Readonly<Record<string, Json>>;
  const repeat = object['$repeat'];
  if (Array.isArray(repeat)) return String(repeat[0]).repeat(Number(repeat[1]));
  return Object.fromEntries(Object.entries(object).map(([name, inner]) => [name, written(inner)]));
}
