/** One log line a call: what was called, by whom, how it ended; never what it was about. */
import { status as codes } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { CallRecord } from './call-record.ts';

/** Where the lines go. */
export interface CallLog {
  readonly logger: Logger;
  /** Takes the lines of calls that went well, or as the caller had it coming; undefined where the log leaves them out. */
  readonly calls: { readonly soon: (line: string) => void } | undefined;
  /** Members of every line, each after a comma. */
  readonly origin: string;
}

/** Logs the end of a call: at info, or at error with its stack for a fault of ours. */
export function logCall({ logger, calls, origin }: CallLog, record: CallRecord, code: number): void {
  const durationMs = Math.round((performance.now() - record.startedAt) * 1000) / 1000;
  if (record.fault === undefined) {
    calls?.soon(lineOf(record, codes[code] ?? '', durationMs, origin));
    return;
  }
  const { path: method, peer, keyId, requestId, reason, fault: err } = record;
  logger.error({ method, code: codes[code], reason, durationMs, keyId, peer, requestId, err }, 'call');
}

/**
 * The line as the logger would write it, put together here in a fifth of the time. Nothing in it needs escaping: the path is one that we
 * serve, the peer an address, and a request id has passed `requestIdOf`.
 */
function lineOf({ path, peer, keyId, requestId, reason }: CallRecord, code: string, durationMs: number, origin: string): string {
  const why = reason === undefined ? '' : `,"reason":"${reason}"`;
  const key = keyId === undefined ? '' : `,"keyId":"${keyId}"`;
  const what = `"method":"${path}","code":"${code}"${why},"durationMs":${durationMs}${key}`;
  return `{"level":30,"time":"${timeText()}",${what},"peer":"${peer}","requestId":"${requestId}"${origin},"msg":"call"}\n`;
}

let second = 0;
let upToSecond = '';

/** Now, in RFC 3339; many calls end in one second. */
function timeText(): string {
  const now = Date.now();
  const ms = now % 1000;
  if (now - ms !== second) {
    second = now - ms;
    upToSecond = new Date(second).toISOString().slice(0, -4);
  }
  return `${upToSecond}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`;
}
