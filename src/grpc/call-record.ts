/** What the stages and the handler of one call share. */
import type { Metadata } from '@grpc/grpc-js';
import type { Admission } from '../limits/admission.ts';
import type { WindowState } from '../ports/store.ts';
import type { Call } from './call.ts';

const OPAQUE_KEY = 'otpd.call';

/** One call from its first header to its status. */
export interface CallRecord {
  readonly path: string;
  /** The caller's address with its port, as the log names it; of one behind a trusted proxy the address alone. */
  peer: string;
  /** The call nearest the wire: what answers it. */
  readonly call: Call;
  /** `performance.now()` at the first header. */
  readonly startedAt: number;
  /** The caller's `x-request-id`, or one made here. */
  requestId: string;
  /** Set once the call is let in. */
  admission: Admission | undefined;
  /** The API key's id, once known. */
  keyId: string | undefined;
  /** The window nearest to exhaustion of a call that was charged and not let in; of one that was, its admission has it. */
  quota: WindowState | undefined;
  /** The name of the `ErrorReason` that the call failed for. */
  reason: string | undefined;
  /** A fault of ours, for the log. */
  fault: unknown;
  /** Set with the first status, which is the only one. */
  ended: boolean;
  /** Gives back the place of an open stream, or of a call without a key; to be called at the end, whatever the end is. */
  leave: (() => void) | undefined;
  /** Those that wait for their deadlines beside it. */
  older: CallRecord | undefined;
  newer: CallRecord | undefined;
}

export function createCallRecord(path: string, call: Call, peer: string): CallRecord {
  return {
    path,
    peer,
    call,
    startedAt: performance.now(),
    requestId: '',
    admission: undefined,
    keyId: undefined,
    quota: undefined,
    reason: undefined,
    fault: undefined,
    ended: false,
    leave: undefined,
    older: undefined,
    newer: undefined,
  };
}

/** Lets the record travel with the metadata of a stream: its handler does not see the call itself. */
export function attachToStream(metadata: Metadata, record: CallRecord): void {
  metadata.setOpaque(OPAQUE_KEY, record);
}

/** The record of a stream. */
export function streamRecordOf(metadata: Metadata): CallRecord {
  return metadata.getOpaque(OPAQUE_KEY) as CallRecord;
}
