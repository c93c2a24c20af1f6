/** Failures that are neither bad fields nor policy: what a transport saw go wrong with the call itself. */

export type CallFailureReason = 'malformed_message' | 'message_too_large' | 'deadline_exceeded' | 'protocol';

/** A call that failed before or beside its handler. */
export class CallFailure extends Error {
  readonly reason: CallFailureReason;

  constructor(reason: CallFailureReason) {
    super(reason);
    this.name = 'CallFailure';
    this.reason = reason;
  }
}
