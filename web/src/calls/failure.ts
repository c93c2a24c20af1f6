/** Describes a failed call to a person. */
import { durationMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from '../../../gen/ts/google/rpc/error_details_pb.ts';

export interface Failure {
  readonly title: string;
  readonly text: string;
  /** The wrong fields of the request, with the remedy for each. */
  readonly fields: readonly { readonly field: string; readonly description: string }[];
  /** In seconds. */
  readonly retryAfter: number | undefined;
  /** The scope that the key lacks. */
  readonly scope: string | undefined;
  readonly requestId: string | undefined;
  readonly isAboutKey: boolean;
}

const SCOPE_MISSING = 'ERROR_REASON_SCOPE_MISSING';
const CONNECTION_AGE_EXCEEDED = 'ERROR_REASON_CONNECTION_AGE_EXCEEDED';

/** Returns whether a stream ended only because of the age of its connection. The page then opens it again. */
export function isOfAge(error: unknown): boolean {
  return ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason === CONNECTION_AGE_EXCEEDED;
}

const TITLES: Readonly<Partial<Record<Code, string>>> = {
  [Code.Unauthenticated]: 'The API key was not accepted',
  [Code.PermissionDenied]: 'The API key may not do this',
  [Code.InvalidArgument]: 'The request is not right',
  [Code.FailedPrecondition]: 'This cannot be done now',
  [Code.Aborted]: 'It was changed meanwhile',
  [Code.ResourceExhausted]: 'A limit is reached',
  [Code.Unavailable]: 'The server cannot answer now',
  [Code.DeadlineExceeded]: 'The server took too long',
};

export function failureOf(error: unknown): Failure {
  const known = ConnectError.from(error);
  const [info] = known.findDetails(ErrorInfoSchema);
  const [request] = known.findDetails(RequestInfoSchema);
  const [retry] = known.findDetails(RetryInfoSchema);
  const common = {
    fields: known.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations),
    retryAfter: retry?.retryDelay === undefined ? undefined : Math.ceil(durationMs(retry.retryDelay) / 1000),
    scope: info?.reason === SCOPE_MISSING ? info.metadata['scope'] : undefined,
    requestId: request?.requestId,
    isAboutKey: known.code === Code.Unauthenticated,
  };
  // An error without the server's details comes from the browser: there was no answer.
  if (info === undefined && known.code !== Code.DeadlineExceeded) {
    return {
      ...common,
      title: 'The server cannot be reached',
      text: 'It may have stopped: start it again, then repeat the call.',
    };
  }
  const title = TITLES[known.code] ?? 'The call failed';
  return { ...common, title, text: common.fields.length > 0 ? '' : known.rawMessage };
}
