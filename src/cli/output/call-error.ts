/** Reads the error of a call: what the server says in `grpc-status-details-bin`, or what the connection says when it says nothing. */
import { durationMs } from '@bufbuild/protobuf/wkt';
import { CodeSchema } from '../../../gen/ts/google/rpc/code_pb.ts';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from '../../../gen/ts/google/rpc/error_details_pb.ts';
import { detailsIn, unpack } from '../../client/error.ts';
import { CliError, type Failure } from './failure.ts';

/** A call that failed, with the transport's types left behind. */
export interface CallStatus {
  /** The gRPC status code, 0 to 16. */
  readonly code: number;
  readonly message: string;
  /** The trailer `grpc-status-details-bin`. */
  readonly details?: Uint8Array | undefined;
  /** The trailer `x-request-id`. */
  readonly requestId?: string | undefined;
}

/** A call that failed. */
export class CallError extends CliError {
  /** Whether the call may have had its effect all the same: its answer was lost, or never came. */
  readonly mayHaveRun: boolean;

  constructor(failure: Failure, mayHaveRun: boolean) {
    super(failure);
    this.mayHaveRun = mayHaveRun;
  }
}

/** The codes that leave open whether the call was carried out. */
const OPEN_OUTCOMES: ReadonlySet<string> = new Set(['CANCELLED', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE']);

/** The error to show for a failed call to `address`. */
export function readCallError(status: CallStatus, address: string): CallError {
  const code = CodeSchema.values.find(({ number }) => number === status.code)?.name ?? 'UNKNOWN';
  const details = detailsIn(status.details);
  const reason = unpack(details, ErrorInfoSchema)?.reason;
  const delay = unpack(details, RetryInfoSchema)?.retryDelay;
  const unreachable = reason === undefined && code === 'UNAVAILABLE' ? readUnreachable(status.message) : undefined;
  const failure: Failure = {
    code,
    reason,
    message:
      unreachable === undefined
        ? explain(code, reason, status.message, address)
        : `cannot reach otpd at ${address}: ${unreachable}`,
    violations: (unpack(details, BadRequestSchema)?.fieldViolations ?? []).map(({ field, description }) => ({
      field,
      description,
    })),
    retryAfterSeconds: delay && Math.ceil(durationMs(delay) / 1000),
    requestId: unpack(details, RequestInfoSchema)?.requestId ?? status.requestId,
  };
  return new CallError(failure, unreachable === undefined && OPEN_OUTCOMES.has(code));
}

/** What to say when the server was reached, or may have been. */
function explain(code: string, reason: string | undefined, message: string, address: string): string {
  if (reason === 'ERROR_REASON_API_KEY_INVALID')
    return `${message} (it is in OTPD_API_KEY; \`otpd keys list\` shows the state of each)`;
  if (reason !== undefined) return message;
  if (code === 'DEADLINE_EXCEEDED') return `otpd at ${address} did not answer in time: try again, or allow more with --timeout`;
  if (code === 'UNAVAILABLE') return `the connection to otpd at ${address} was lost: try again`;
  return message;
}

/** Why no connection came about, from the wording of grpc-js; undefined if there was one. */
function readUnreachable(message: string): string | undefined {
  if (message.includes('ECONNREFUSED') || message.includes('ENOENT')) {
    return 'is it running? start it with `otpd serve` or set --address/OTPD_ADDRESS';
  }
  if (message.startsWith('Name resolution failed')) return 'the name cannot be resolved; set --address/OTPD_ADDRESS';
  if (!message.startsWith('No connection established')) return undefined;
  const last =
    /Last error: (?:\w*Error(?: \[\w+\])?: )?(.*?)(?: \(\d{4}-|\. Resolution note|$)/s.exec(message)?.[1] ?? 'no connection';
  const cause = /SSL routines:[^:]*:([^:]+)/.exec(last)?.[1] ?? last;
  return `${cause.trim()}; check --tls, --ca and --plaintext against what the server speaks`;
}
