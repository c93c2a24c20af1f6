/** One log line a call: what was called, by whom, how it ended; never what it was about. */
import { status as codes } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { CallRecord } from './call-record.ts';

/** Logs the end of a call: at info, or at error with its stack for a fault of ours. */
export function logCall(logger: Logger, record: CallRecord, code: number): void {
  const { path, peer, keyId, requestId, reason, startedAt, fault } = record;
  const line = {
    method: path,
    code: codes[code],
    reason,
    durationMs: Math.round((performance.now() - startedAt) * 1000) / 1000,
    keyId,
    peer,
    requestId,
  };
  if (fault === undefined) logger.info(line, 'call');
  else logger.error({ ...line, err: fault }, 'call');
}
