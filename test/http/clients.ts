/** The clients of Connect's library, for every protocol of the HTTP door, and the failures that they see. */
import { type Client, Code as ConnectCode, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import {
  type BadRequest,
  BadRequestSchema,
  type ErrorInfo,
  ErrorInfoSchema,
  type QuotaFailure,
  QuotaFailureSchema,
  type RequestInfo,
  RequestInfoSchema,
  type RetryInfo,
  RetryInfoSchema,
} from '../../gen/ts/google/rpc/error_details_pb.ts';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';

type Versions = '1.1' | '2';

/** The transports by name. */
export const WAYS: Readonly<Record<string, (baseUrl: string) => Transport>> = Object.fromEntries(
  (['1.1', '2'] as const).flatMap((httpVersion: Versions) =>
    [true, false].flatMap((useBinaryFormat) => {
      const name = `${useBinaryFormat ? 'protobuf' : 'JSON'} over HTTP/${httpVersion}`;
      const options = { httpVersion, useBinaryFormat };
      return [
        [`Connect, ${name}`, (baseUrl: string) => createConnectTransport({ baseUrl, ...options })],
        [`gRPC-Web, ${name}`, (baseUrl: string) => createGrpcWebTransport({ baseUrl, ...options })],
      ];
    }),
  ),
);

export function clientOf(transport: Transport): Client<typeof OtpService> {
  return createClient(OtpService, transport);
}

/** The name of the code, the message and the details of a failed call. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly metadata: Headers;
  readonly errorInfo: ErrorInfo | undefined;
  readonly requestInfo: RequestInfo | undefined;
  readonly badRequest: BadRequest | undefined;
  readonly quotaFailure: QuotaFailure | undefined;
  readonly retryInfo: RetryInfo | undefined;
}

/** Returns the failure of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectError)) throw new Error('the call did not fail as a call', { cause: error });
  const [errorInfo] = error.findDetails(ErrorInfoSchema);
  const [requestInfo] = error.findDetails(RequestInfoSchema);
  const [badRequest] = error.findDetails(BadRequestSchema);
  const [quotaFailure] = error.findDetails(QuotaFailureSchema);
  const [retryInfo] = error.findDetails(RetryInfoSchema);
  const { rawMessage: message, metadata } = error;
  return { code: ConnectCode[error.code], message, metadata, errorInfo, requestInfo, badRequest, quotaFailure, retryInfo };
}
