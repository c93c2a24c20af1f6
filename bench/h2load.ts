/** Runs h2load, which sends one request over and over, and reads what it saw. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adopt } from './cleanup.ts';
import type { Outcome } from './outcome.ts';
import { pinned } from './pinning.ts';

/** A load of one request. */
export interface H2loadOrder {
  readonly address: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As it is sent. */
  readonly body: Uint8Array | string;
  /** HTTP/2 without TLS unless it is 1. */
  readonly http?: 1 | 2 | undefined;
  readonly connections: number;
  readonly streams: number;
  /** For how long, or how many calls: then none is under way at the end, and every answer is accounted for. */
  readonly until: { readonly seconds: number } | { readonly calls: number };
  /** For the files of the run. */
  readonly folder: string;
  /** Bytes of the body of an answer, as the mean of many: the least and the most. */
  readonly answerBytes: readonly [number, number];
}

/** Loads the server as ordered. A time in which it answers nothing is too short, not a fault: it is waited for instead, one call a connection. */
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
  /** Failed, errored and timed out, and answers that were not 2xx. */
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

/** An error of gRPC is HTTP 200 without data: the bytes tell. Answers under way at the end may have come in part. */
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

/** The durations in µs, in the third column of the log. */
export function parseLog(text: string): Float64Array {
  const lines = text.split('\n').filter((line) => line !== '');
  return Float64Array.from(lines, (line) => Number(line.split('\t')[2]));
}
