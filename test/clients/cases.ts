/** The cases of the scenario, read from `cases.json` and `calls.json` with their long texts written out. */
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
  /** The languages in which it can be written; all if unset. */
  readonly languages?: readonly string[];
  readonly steps: readonly Step[];
}

/** The languages whose clients have every call of the contract. */
const WITH_EVERY_CALL: ReadonlySet<string> = new Set([
  'go',
  'java',
  'kotlin',
  'php',
  'python',
  'python-asyncio',
  'ruby',
  'rust',
  'typescript',
]);

const first = written(scenario.cases as unknown as Json) as unknown as readonly Case[];
const later = written(calls.cases as unknown as Json) as unknown as readonly Case[];

/** The cases that the runner of a language is given, with what they should come to. */
export function casesFor(language: string): readonly Case[] {
  const all = WITH_EVERY_CALL.has(language) ? [...first, ...later] : first;
  const own = all.filter(({ languages }) => languages?.includes(language) ?? true);
  return own.map(({ name, steps }) => ({
    name,
    steps: steps.map((step) => ({ ...step, expect: spelled(step.expect, language) })),
  }));
}

/** Fields whose values differ from run to run. */
export const volatile: ReadonlySet<string> = new Set(scenario.volatile);

/** The languages whose libraries do not notice that a peer has vanished: that of PHP stands on curl, which asks for no life of an HTTP/2 connection. */
export const WITHOUT_KEEPALIVE: ReadonlySet<string> = new Set(['php']);

/** The languages that need a connection for each call over plaintext, for a fault of curl 7.88. */
export const WITH_A_CONNECTION_EACH: ReadonlySet<string> = new Set(['php']);

/** A stream over a connection that freezes: three codes of an hour each are more than anyone waits for. */
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

/** The same with `{"$repeat": [text, times]}` as that text. */
function written(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(written);
  const object = value as Readonly<Record<string, Json>>;
  const repeat = object['$repeat'];
  if (Array.isArray(repeat)) return String(repeat[0]).repeat(Number(repeat[1]));
  return Object.fromEntries(Object.entries(object).map(([name, inner]) => [name, written(inner)]));
}
