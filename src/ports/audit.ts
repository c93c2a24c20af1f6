/** The audit trail's events: who did what, when, under which request id; never a secret, a code or an API key. */

/** Who acted: a caller by the id of its API key, or the operator at the command line. */
export type Actor = { readonly keyId: string } | { readonly operator: string };

/** A track that an operator's reset changed. */
export interface ResetTrack {
  /** 0 for HOTP, whose steps are counters. */
  readonly periodSeconds: number;
  /** The last used step that was forgotten. */
  readonly lastStep: number;
  /** The last used step after the reset; null if the whole track was forgotten. */
  readonly newLastStep: number | null;
}

/** A call on a set of recovery codes, by its outcome. */
export type RecoveryEvent =
  | 'recovery.generated'
  | 'recovery.accepted'
  | 'recovery.refused'
  | 'recovery.replayed'
  | 'recovery.throttled'
  | 'recovery.revoked';

/** A change of the ring of sealing keys, by the id of a key. */
export type SealingKeyEvent =
  | { readonly event: 'sealing_key.added'; readonly sealingKey: string; readonly sealsFrom: string }
  /** `force`: retired without checking when it was last used. */
  | { readonly event: 'sealing_key.retired'; readonly sealingKey: string; readonly force: boolean };

/** The call that an event comes from. */
export interface CallOrigin {
  /** The caller's `x-request-id`. */
  readonly requestId: string;
  /** How the call came, such as `grpc`. */
  readonly transport: string;
}

/** An audit event. An operator acts through a call, or at the command line, whose events have no call. */
export type AuditEvent = { readonly actor: Actor } & (
  | ({ readonly event: 'key.created' | 'key.rotated' | 'key.revoked'; readonly keyId: string } & Partial<CallOrigin>)
  | (CallOrigin & {
      readonly event: 'verify.accepted' | 'verify.refused' | 'verify.replayed' | 'verify.too_many_names' | 'verify.throttled';
      readonly fingerprint: string;
      /** The matched step; undefined if there is none. */
      readonly step?: number | undefined;
    })
  | {
      /** An API key has reached a share of its credits, for the first time in the month. */
      readonly event: 'credits.warned';
      readonly keyId: string;
      /** In percent. */
      readonly threshold: number;
      /** As `2026-11`. */
      readonly month: string;
    }
  | (CallOrigin & {
      readonly event: RecoveryEvent;
      /** The name of the set's state. */
      readonly set: string;
    })
  | ({ readonly event: 'recovery.unlocked'; readonly set: string; readonly failures: number } & Partial<CallOrigin>)
  /** The secret of a key was handed out. */
  | (CallOrigin & { readonly event: 'secret.exported'; readonly fingerprint: string })
  | ({ readonly event: 'attempts.unlocked'; readonly fingerprint: string; readonly failures: number } & Partial<CallOrigin>)
  /** The store was restored from a backup. */
  | { readonly event: 'store.restored'; readonly backupTime: string | undefined }
  /** Slots of a Redis Cluster that were lost count as empty. */
  | { readonly event: 'store.loss_accepted'; readonly slots: number; readonly masters: readonly string[] }
  | SealingKeyEvent
  | ({
      readonly event: 'attempts.reset';
      readonly fingerprint: string;
      readonly tracks: readonly ResetTrack[];
    } & Partial<CallOrigin>)
);

/** Writes an event to the audit trail; never throws. */
export type Audit = (event: AuditEvent) => void;
