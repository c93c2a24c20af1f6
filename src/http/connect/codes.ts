/** The codes of calls in the spelling of Connect, and their HTTP status (connectrpc.com/docs/protocol, Error Codes). */
import { Code } from '../../../gen/ts/google/rpc/code_pb.ts';

type Meaning = readonly [name: string, status: number];

const UNKNOWN: Meaning = ['unknown', 500];

const CODES: ReadonlyMap<Code, Meaning> = new Map<Code, Meaning>([
  [Code.CANCELLED, ['canceled', 499]],
  [Code.UNKNOWN, UNKNOWN],
  [Code.INVALID_ARGUMENT, ['invalid_argument', 400]],
  [Code.DEADLINE_EXCEEDED, ['deadline_exceeded', 504]],
  [Code.NOT_FOUND, ['not_found', 404]],
  [Code.ALREADY_EXISTS, ['already_exists', 409]],
  [Code.PERMISSION_DENIED, ['permission_denied', 403]],
  [Code.RESOURCE_EXHAUSTED, ['resource_exhausted', 429]],
  [Code.FAILED_PRECONDITION, ['failed_precondition', 400]],
  [Code.ABORTED, ['aborted', 409]],
  [Code.OUT_OF_RANGE, ['out_of_range', 400]],
  [Code.UNIMPLEMENTED, ['unimplemented', 501]],
  [Code.INTERNAL, ['internal', 500]],
  [Code.UNAVAILABLE, ['unavailable', 503]],
  [Code.DATA_LOSS, ['data_loss', 500]],
  [Code.UNAUTHENTICATED, ['unauthenticated', 401]],
]);

/** The name of a code other than OK. */
export function nameOf(code: Code): string {
  return (CODES.get(code) ?? UNKNOWN)[0];
}

/** The HTTP status of a code other than OK. */
export function httpStatusOf(code: Code): number {
  return (CODES.get(code) ?? UNKNOWN)[1];
}

/** The code with a name; UNKNOWN for an unknown name. */
export function codeNamed(name: string): Code {
  for (const [code, [own]] of CODES) if (own === name) return code;
  return Code.UNKNOWN;
}
