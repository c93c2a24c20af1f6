/** The failure of a REST call, before it is put into the form of its API. */
import { Code } from '../../../gen/ts/google/rpc/code_pb.ts';
import { ErrorReason } from '../../../gen/ts/otp/v1/error_reason_pb.ts';
import { InvalidInputError } from '../../otp/error.ts';
import { CallFailure } from '../../rpc/failure.ts';
import type { RestRefusal } from './rest-api.ts';

/** A failure in a form that every API can express. */
export interface Failure {
  /** The HTTP status code. */
  readonly status: number;
  /** ASCII text that says what to do, without anything of the request. */
  readonly message: string;
  /** When to retry, in whole seconds; undefined if a retry does not help. */
  readonly retryAfter: number | undefined;
}

/** A request that cannot be read, or whose target does not exist; with its own status code. */
export class UnreadableRequest extends CallFailure {
  readonly status: number;
  readonly text: string;

  constructor(status: number, text: string) {
    super('malformed_message');
    this.status = status;
    this.text = text;
  }
}

const BY_CODE: Readonly<Partial<Record<Code, number>>> = {
  [Code.INVALID_ARGUMENT]: 400,
  [Code.UNAUTHENTICATED]: 401,
  [Code.PERMISSION_DENIED]: 403,
  [Code.RESOURCE_EXHAUSTED]: 429,
  [Code.UNAVAILABLE]: 503,
  [Code.DEADLINE_EXCEEDED]: 503,
};

/** @param names the API's names for fields of the service, if they differ. */
export function failureOf({ status, error }: RestRefusal, names: Readonly<Record<string, string>>): Failure {
  if (error instanceof UnreadableRequest) return { status: error.status, message: error.text, retryAfter: undefined };
  if (error instanceof InvalidInputError) return { status: 400, message: describe(error, names), retryAfter: undefined };
  const { code, reason, message, retryAfterMs } = status;
  const isHead = error instanceof CallFailure && error.reason === 'metadata_too_large';
  const isTooLarge = reason === ErrorReason.MESSAGE_TOO_LARGE;
  return {
    status: isHead ? 431 : isTooLarge ? 413 : (BY_CODE[code] ?? 500),
    message,
    retryAfter: retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1000),
  };
}

function describe({ violations }: InvalidInputError, names: Readonly<Record<string, string>>): string {
  return violations
    .map(({ field, description }) => {
      const name = field.replace(/^key\./, '');
      return `${names[name] ?? name}: ${description}`;
    })
    .join('; ');
}
