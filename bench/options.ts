/** The command line of the bench. */
import { parseArgs } from 'node:util';
import { ROWS, type Row } from './rows.ts';

export interface Options {
  readonly rows: readonly Row[];
  readonly rounds: number;
  /** The time for which each row is measured in a round, in seconds. */
  readonly seconds: number;
  /** The time for which each row is loaded before its measurement, in seconds. */
  readonly warmUp: number;
  /** The number of starts of the product that are timed; 0 times none. */
  readonly starts: number;
  /** The time after which no further measurement begins, in seconds. */
  readonly budget: number;
  /** The file for the raw figures. */
  readonly json: string | undefined;
}

export const HELP: string = `npm run bench -- [--quick] [--rows NAME,...] [--rounds N] [--seconds S] [--json FILE]

Starts each server on one core, loads it from another, and prints what a call costs.

  --quick        about a minute: one round of the rows that the goals are made of; a slow machine leaves some out, and says so
  --rows NAMES   only these, with commas between; "cluster-*" for all that begin so, "start" for the time of a start
  --rounds N     how often each row is measured, in turns (default 3)
  --seconds S    for how long each time (default 5)
  --json FILE    write all figures of all rounds
  --help         this text

Rows: ${ROWS.map(({ name }) => name).join(', ')}, and where the product has workers token-workers-1, token-workers-2

Exit code 1 if a server failed or an answer was wrong; figures alone never fail it.
`;

/** Reads the command line; returns undefined if it asks for the help. Throws an error whose message says what to do. */
export function readOptions(args: readonly string[], all: readonly Row[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rows: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { quick } = values;
  const names = values.rows?.split(',').map((name) => name.trim());
  return {
    rows: names === undefined ? all.filter((row) => row.quick || !quick) : pick(names, all),
    rounds: positive('--rounds', values.rounds ?? (quick ? '1' : '3'), true),
    seconds: positive('--seconds', values.seconds ?? (quick ? '1.2' : '5'), false),
    warmUp: quick ? 1.2 : 2,
    starts: names === undefined || names.includes('start') ? (quick ? 3 : 10) : 0,
    budget: quick ? 50 : Number.POSITIVE_INFINITY,
    json: values.json,
  };
}

function pick(names: readonly string[], all: readonly Row[]): Row[] {
  const isNamed = (row: Row, name: string) => (name.endsWith('*') ? row.name.startsWith(name.slice(0, -1)) : row.name === name);
  const unknown = names.filter((name) => name !== 'start' && !all.some((row) => isNamed(row, name)));
  if (unknown.length > 0) throw new Error(`--rows: there is no ${unknown.join(', ')}; see --help`);
  return all.filter((row) => names.some((name) => isNamed(row, name)));
}

function positive(flag: string, text: string, whole: boolean): number {
  const value = Number(text);
  if (value > 0 && value <= 3600 && (!whole || Number.isInteger(value))) return value;
  throw new Error(`${flag}: not a ${whole ? 'whole ' : ''}number above 0: ${text}`);
}
