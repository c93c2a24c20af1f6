/** The failure of a REST call, before it is given the shape of its API. */
import { Code } from '../../../gen/ts/google/rpc/code_pb.ts';
import { ErrorReason } from '../../../gen/ts/otp/v1/error_reason_pb.ts';
import { InvalidInputError } from '../../otp/error.ts';
import { CallFailure } from '../../rpc/failure.ts';
import type { RestRefusal } from './rest-api.ts';

/** A failure as every API can tell it. */
export interface Failure {
  /** The status code of HTTP. */
  readonly status: number;
  /** ASCII text that says what to do; nothing of the request is in it. */
  readonly message: string;
  /** When to try again, in whole seconds; undefined if that does not help. */
  readonly retryAfter: number | undefined;
}

/** A request that cannot be read, or asks for nothing that is here; with a status code of its own. */
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

/** @param names the names that the API has for fields of the service, where they differ. */
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
