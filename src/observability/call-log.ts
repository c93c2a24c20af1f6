/** Writes a log line for each call: the method, the caller and the outcome, never the content. */
import type { Logger } from 'pino';
import { type Code, CodeSchema } from '../../gen/ts/google/rpc/code_pb.ts';
import type { Call } from '../rpc/call.ts';
import type { Verdict } from '../rpc/context.ts';

const CODE_NAMES: ReadonlyMap<number, string> = new Map(CodeSchema.values.map(({ number, name }) => [number, name]));

/** The destination of the lines. */
export interface CallLog {
  readonly logger: Logger;
  /** Writes the lines of calls that succeeded, or failed through their caller's fault; undefined if the level excludes them. */
  readonly calls: { readonly soon: (line: string) => void } | undefined;
  /** Members of every line, each after a comma. */
  readonly origin: string;
}

/** Logs the end of a call: at info, or at error with its stack for a fault of the server. */
export function logCall({ logger, calls, origin }: CallLog, call: Call, code: Code): void {
  const durationMs = Math.round((performance.now() - call.startedAt) * 1000) / 1000;
  const name = CODE_NAMES.get(code) ?? '';
  if (call.fault === undefined) {
    calls?.soon(lineOf(call, name, durationMs, origin));
    return;
  }
  const { transport, procedure: method, peer, keyId, requestId, reason, trace, fault: err } = call;
  const ids = trace && { traceId: trace.traceId, spanId: trace.spanId };
  logger.error({ transport, method, code: name, reason, durationMs, keyId, peer, requestId, ...ids, err }, 'call');
}

/**
 * The line as the logger would write it, built here in a fifth of the time. No value needs escaping: the procedure is one of ours, the peer is an address, and
 * `requestIdOf` has checked the request id.
 */
function lineOf(
  { transport, procedure, peer, keyId, requestId, reason, trace, verdicts }: Call,
  code: string,
  durationMs: number,
  origin: string,
): string {
  const why = reason === undefined ? '' : `,"reason":"${reason}"`;
  const key = keyId === undefined ? '' : `,"keyId":"${keyId}"`;
  const ids = trace === undefined ? '' : `,"traceId":"${trace.traceId}","spanId":"${trace.spanId}"`;
  const outcome = verdicts === undefined ? '' : outcomesOf(verdicts);
  const what = `"transport":"${transport}","method":"${procedure}","code":"${code}"${why}${outcome},"durationMs":${durationMs}${key}`;
  return `{"level":30,"time":"${timeText()}",${what},"peer":"${peer}","requestId":"${requestId}"${ids}${origin},"msg":"call"}\n`;
}

/** The verdicts of a call, so that guessing shows: one outcome, or the number of each outcome. */
function outcomesOf(verdicts: readonly Verdict[]): string {
  const [first] = verdicts;
  if (verdicts.length === 1) return `,"outcome":"${first?.outcome}"`;
  const counts: Record<string, number> = {};
  for (const { outcome } of verdicts) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return `,"outcomes":${JSON.stringify(counts)}`;
}

let second = 0;
let upToSecond = '';

/** The present time in RFC 3339, cached because many calls end in one second. */
function timeText(): string {
  const now = Date.now();
  const ms = now % 1000;
  if (now - ms !== second) {
    second = now - ms;
    upToSecond = new Date(second).toISOString().slice(0, -4);
  }
  return `${upToSecond}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`;
}
