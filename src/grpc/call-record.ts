/** What the interceptors and the handler of one call share: it travels with the call's metadata. */
import type { Metadata } from '@grpc/grpc-js';
import type { Admission } from '../policy/admit.ts';
import type { WindowState } from '../policy/store.ts';

const OPAQUE_KEY = 'otpd.call';

/** One call from its first header to its status. */
export interface CallRecord {
  readonly path: string;
  readonly peer: string;
  /** `performance.now()` at the first header. */
  readonly startedAt: number;
  /** The caller's `x-request-id`, or one made here. */
  requestId: string;
  /** Set once the call is let in. */
  admission: Admission | undefined;
  /** The API key's id, once known. */
  keyId: string | undefined;
  /** The window of the plan nearest to exhaustion, once charged. */
  quota: WindowState | undefined;
  /** The name of the `ErrorReason` that the call failed for. */
  reason: string | undefined;
  /** A fault of ours, for the log. */
  fault: unknown;
  /** Set with the first status, which is the only one. */
  ended: boolean;
  /** Run once at the end, whatever the end is. */
  readonly onEnd: (() => void)[];
}

export function createCallRecord(path: string, peer: string): CallRecord {
  return {
    path,
    peer,
    startedAt: performance.now(),
    requestId: '',
    admission: undefined,
    keyId: undefined,
    quota: undefined,
    reason: undefined,
    fault: undefined,
    ended: false,
    onEnd: [],
  };
}

/** Lets the record travel with the call. */
export function attachRecord(metadata: Metadata, record: CallRecord): void {
  metadata.setOpaque(OPAQUE_KEY, record);
}

/** The record that `observe` attached. */
export function recordOf(metadata: Metadata): CallRecord {
  return metadata.getOpaque(OPAQUE_KEY) as CallRecord;
}
