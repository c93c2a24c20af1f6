/** A grpc-js server whose answers a test defines, for behaviour that the real server never shows. */
import type { DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyPack, durationFromMs } from '@bufbuild/protobuf/wkt';
import {
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type StatusObject,
  type sendUnaryData,
} from '@grpc/grpc-js';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from '../../gen/ts/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../gen/ts/google/rpc/status_pb.ts';
import {
  type GenerateResponseSchema,
  OtpService,
  type ResyncHotpRequest,
  type ResyncHotpResponseSchema,
  type VerifyRecoveryCodeRequest,
  type VerifyRecoveryCodeResponseSchema,
  type VerifyRequest,
  type VerifyResponseSchema,
  type WatchTokenRequest,
  type WatchTokenResponse,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';

/** An error as the server sends it. */
export interface SentError {
  readonly code: number;
  readonly message: string;
  readonly reason?: string;
  /** The metadata of the `ErrorInfo`. */
  readonly info?: Readonly<Record<string, string>>;
  readonly violations?: readonly { field: string; description: string }[];
  readonly retryAfterMs?: number;
  /** The trailer `grpc-retry-pushback-ms`. */
  readonly pushback?: string;
  readonly requestId?: string;
  /** Sends invalid bytes instead of details. */
  readonly rubbish?: boolean;
}

/** The answer to the next call of Verify; undefined sends no answer. */
export type VerifyAnswer = MessageInitShape<typeof VerifyResponseSchema> | SentError | undefined;
/** The answer to the next call of ResyncHotp. */
export type ResyncAnswer = MessageInitShape<typeof ResyncHotpResponseSchema> | SentError | undefined;
/** The answer to the next call of VerifyRecoveryCode. */
export type RecoveryAnswer = MessageInitShape<typeof VerifyRecoveryCodeResponseSchema> | SentError | undefined;
/** Handles a stream of WatchToken. */
export type WatchAnswer = (stream: ServerWritableStream<WatchTokenRequest, WatchTokenResponse>) => void;

export interface Double extends AsyncDisposable {
  readonly address: string;
  readonly verified: VerifyRequest[];
  readonly resynced: ResyncHotpRequest[];
  /** The requests of VerifyRecoveryCode so far. */
  readonly recovered: VerifyRecoveryCodeRequest[];
  /** Returns the number of streams that were opened. */
  opened(): number;
}

/** Listens on a free port of the loopback address. Each answer is used once, except the last, which repeats. */
export async function startDouble(answers: {
  verify?: readonly VerifyAnswer[];
  resync?: readonly ResyncAnswer[];
  recovery?: readonly RecoveryAnswer[];
  watch?: readonly WatchAnswer[];
  /** The answer to each Generate. */
  generate?: MessageInitShape<typeof GenerateResponseSchema>;
  credentials?: ServerCredentials;
  host?: string;
}): Promise<Double> {
  const {
    verify = [],
    resync = [],
    watch = [],
    generate = {},
    recovery = [],
    credentials = ServerCredentials.createInsecure(),
    host = '127.0.0.1',
  } = answers;
  const verified: VerifyRequest[] = [];
  const resynced: ResyncHotpRequest[] = [];
  const recovered: VerifyRecoveryCodeRequest[] = [];
  let opened = 0;
  const server = new Server();
  server.addService(
    {
      generate: definition(OtpService.method.generate),
      verify: definition(OtpService.method.verify),
      resyncHotp: definition(OtpService.method.resyncHotp),
      verifyRecoveryCode: definition(OtpService.method.verifyRecoveryCode),
      watchToken: definition(OtpService.method.watchToken),
    },
    {
      generate: (_call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) => {
        callback(null, create(OtpService.method.generate.output, generate));
      },
      verify: answering(OtpService.method.verify, verify, verified),
      resyncHotp: answering(OtpService.method.resyncHotp, resync, resynced),
      verifyRecoveryCode: answering(OtpService.method.verifyRecoveryCode, recovery, recovered),
      watchToken: (stream: ServerWritableStream<WatchTokenRequest, WatchTokenResponse>) => {
        opened += 1;
        watch[Math.min(opened, watch.length) - 1]?.(stream);
      },
    },
  );
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(`${host}:0`, credentials, (error, port) => (error ? reject(error) : resolve(port)));
  const address = `${host}:${await promise}`;
  return {
    address,
    verified,
    resynced,
    recovered,
    opened: () => opened,
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  };
}

/** Makes a handler that gives these answers in order, and keeps the requests. */
function answering<M extends DescMethod>(
  { output }: M,
  answers: readonly (MessageInitShape<M['output']> | SentError | undefined)[],
  requests: MessageShape<M['input']>[],
) {
  return (call: ServerUnaryCall<MessageShape<M['input']>, unknown>, callback: sendUnaryData<unknown>): void => {
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push(call.request);
    if (answer === undefined) return;
    if ('code' in answer) callback(sent(answer as SentError));
    else callback(null, create<M['output']>(output, answer as MessageInitShape<M['output']>));
  };
}

/** Converts an error to the form of grpc-js. */
export function sent({
  code,
  message,
  reason,
  info,
  violations = [],
  retryAfterMs,
  pushback,
  requestId,
  rubbish,
}: SentError): Partial<StatusObject> {
  const details = [];
  if (reason !== undefined)
    details.push(anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain: 'otp.v1', metadata: { ...info } })));
  if (requestId !== undefined) details.push(anyPack(RequestInfoSchema, create(RequestInfoSchema, { requestId })));
  if (violations.length > 0) {
    details.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations: violations.map((one) => ({ ...one })) })));
  }
  if (retryAfterMs !== undefined) {
    details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: durationFromMs(retryAfterMs) })));
  }
  const bytes = toBinary(StatusSchema, create(StatusSchema, { code, message, details }));
  const metadata = new Metadata();
  if (pushback !== undefined) metadata.set('grpc-retry-pushback-ms', pushback);
  if (rubbish) metadata.set('grpc-status-details-bin', Buffer.from([0xff, 0xff, 0xff]));
  else if (details.length > 0) metadata.set('grpc-status-details-bin', Buffer.from(bytes));
  return { code, details: message, metadata };
}

function definition(method: DescMethod): MethodDefinition<unknown, unknown> {
  const decode = (bytes: Buffer) => fromBinary(method.input, bytes);
  const encode = (message: unknown) => Buffer.from(toBinary(method.output, message as never));
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: false,
    responseStream: method.methodKind === 'server_streaming',
    requestDeserialize: decode,
    requestSerialize: () => Buffer.alloc(0),
    responseSerialize: encode,
    responseDeserialize: () => undefined,
  };
}
