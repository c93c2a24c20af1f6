/** Runs h2load, which repeats one request, and reads its report. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adopt } from './cleanup.ts';
import type { Outcome } from './outcome.ts';
import { pinned } from './pinning.ts';

/** A load that repeats one request. */
export interface H2loadOrder {
  readonly address: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body of the request. */
  readonly body: Uint8Array | string;
  /** The version of HTTP, without TLS; by default 2. */
  readonly http?: 1 | 2 | undefined;
  readonly connections: number;
  readonly streams: number;
  /** The duration or the number of calls. With a number, no call is in progress at the end, so every answer is accounted for. */
  readonly until: { readonly seconds: number } | { readonly calls: number };
  /** The folder for the files of the run. */
  readonly folder: string;
  /** The bounds on the mean length of the bodies of answers, in bytes. */
  readonly answerBytes: readonly [number, number];
}

/** Loads the server. If no call ends in the given time, repeats the load with one call per connection. */
export async function runH2load(order: H2loadOrder): Promise<Outcome> {
  const run = process.hrtime.bigint();
  const [body, log] = [join(order.folder, `${run}.body`), join(order.folder, `${run}.log`)];
  writeFileSync(body, order.body);
  const [file, ...args] = pinned('load', ['h2load', ...h2loadArguments(order, body, log)]);
  const child = adopt(spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`h2load ended with ${code}: ${text.slice(-500)}`);
  const summary = parseSummary(text);
  checkSummary(summary, order);
  const micros = parseLog(readFileSync(log, 'utf8'));
  for (const file of [body, log]) rmSync(file);
  if (summary.done === 0) return runH2load({ ...order, until: { calls: order.connections } });
  return { calls: summary.done, seconds: summary.done / summary.perSecond, micros };
}

function h2loadArguments(order: H2loadOrder, body: string, log: string): string[] {
  const { address, path, headers, http, connections, streams, until } = order;
  return [
    ...('calls' in until ? ['-n', String(until.calls)] : ['-D', `${Math.round(until.seconds * 1000)}ms`]),
    ...(http === 1 ? ['--h1'] : []),
    ...['-c', String(connections), '-m', String(streams), '-d', body, `--log-file=${log}`],
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    `http://${address}${path}`,
  ];
}

/** The report that h2load prints at its end. */
export interface Summary {
  readonly perSecond: number;
  readonly done: number;
  /** The number of failed calls, errors, timeouts, and answers other than 2xx. */
  readonly bad: number;
  readonly dataBytes: number;
}

export function parseSummary(text: string): Summary {
  const number = (pattern: RegExp): number => {
    const [, digits] = pattern.exec(text) ?? [];
    if (digits === undefined) throw new Error(`h2load says something unknown: ${text.slice(-500)}`);
    return Number(digits);
  };
  const bad = [/ (\d+) failed,/, / (\d+) errored,/, / (\d+) timeout/, / (\d+) 3xx,/, / (\d+) 4xx,/, / (\d+) 5xx/].map(number);
  return {
    perSecond: number(/, ([\d.]+) req\/s/),
    done: number(/ (\d+) done,/),
    bad: bad.reduce((sum, count) => sum + count, 0),
    dataBytes: number(/\((\d+)\) data/),
  };
}

/** A gRPC error is HTTP 200 without data, so the number of bytes shows it. Answers in progress at the end may be incomplete. */
export function checkSummary({ done, bad, dataBytes }: Summary, { answerBytes, connections, streams, until }: H2loadOrder): void {
  const [least, most] = answerBytes;
  const fewest = done * least;
  const underWay = 'calls' in until ? 0 : connections * streams;
  const mostBytes = (done + underWay) * most;
  if ('calls' in until && done !== until.calls) throw new Error(`${done} of ${until.calls} calls were answered`);
  if (bad > 0) throw new Error(`${bad} calls failed, ${done} were answered`);
  if (dataBytes < fewest || dataBytes > mostBytes) {
    throw new Error(`${done} answers had ${dataBytes} bytes of data instead of ${fewest} to ${mostBytes}: some were errors`);
  }
}

/** Reads the durations in µs, the third column of the log. */
export function parseLog(text: string): Float64Array {
  const lines = text.split('\n').filter((line) => line !== '');
  return Float64Array.from(lines, (line) => Number(line.split('\t')[2]));
}
