/** The error of policy: why a call is refused. Each door maps the reason to its own form; nothing here depends on gRPC. */
import type { WindowState } from './store.ts';

export type RejectionReason =
  | 'api_key_missing'
  | 'api_key_invalid'
  | 'authentication_throttled'
  | 'scope_missing'
  | 'rate_limited'
  | 'cost_over_limit'
  | 'credits_exhausted'
  | 'too_many_streams'
  | 'request_id_reused'
  | 'sealed_key_invalid'
  | 'sealing_key_unknown'
  | 'enrolment_pending'
  | 'enrolment_expired'
  | 'api_key_not_found'
  | 'etag_mismatch'
  | 'last_admin_key'
  | 'store_unavailable'
  | 'shutting_down'
  | 'connection_age_exceeded';

export interface RejectionDetails {
  /** When a retry makes sense, in ms from now. */
  readonly retryAfterMs?: number;
  /** Public facts for the caller, such as the window and its limit; never a secret, a code or a key. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The state of the window nearest to exhaustion, if the call was charged: callers see it on errors as on success. */
  readonly quota?: WindowState | undefined;
  /** The share of the credits that the caller is warned of: see `Admission`. */
  readonly creditShare?: number | undefined;
  /** The id of the API key, if the key was valid; for the log. */
  readonly keyId?: string;
  /** The underlying error; for the log, not for the caller. */
  readonly cause?: unknown;
}

/** A call refused by policy. */
export class Rejection extends Error {
  readonly reason: RejectionReason;
  readonly retryAfterMs: number | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly quota: WindowState | undefined;
  readonly creditShare: number | undefined;
  readonly keyId: string | undefined;

  constructor(reason: RejectionReason, details: RejectionDetails = {}) {
    super(reason, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'Rejection';
    this.reason = reason;
    this.retryAfterMs = details.retryAfterMs;
    this.metadata = details.metadata ?? {};
    this.quota = details.quota;
    this.creditShare = details.creditShare;
    this.keyId = details.keyId;
  }
}
