/** A grpc-js client from the generated descriptors, which shows everything in an answer: messages, headers, status, and details. */
import {
  create,
  createRegistry,
  type DescMethod,
  fromBinary,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  status as codes,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import {
  type BadRequest,
  BadRequestSchema,
  type ErrorInfo,
  ErrorInfoSchema,
  file_google_rpc_error_details,
  type QuotaFailure,
  QuotaFailureSchema,
  type RequestInfo,
  RequestInfoSchema,
  type RetryInfo,
  RetryInfoSchema,
} from '../../gen/ts/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../gen/ts/google/rpc/status_pb.ts';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';

const registry = createRegistry(file_google_rpc_error_details);

/** An answer, successful or not. */
export interface Answer<T> {
  /** The name of the status code. */
  readonly code: keyof typeof codes;
  readonly message: string;
  readonly response: T | undefined;
  readonly headers: Record<string, unknown>;
  readonly trailers: Record<string, unknown>;
  readonly details: Details;
}

/** The status details of an error, by type. All members are undefined if the error has no details. */
export interface Details {
  /** The code and message inside the details, which must equal the code and message of the status. */
  readonly inner: { readonly code: number; readonly message: string } | undefined;
  readonly errorInfo: ErrorInfo | undefined;
  readonly requestInfo: RequestInfo | undefined;
  readonly badRequest: BadRequest | undefined;
  readonly quotaFailure: QuotaFailure | undefined;
  readonly retryInfo: RetryInfo | undefined;
  /** Each violation as `field: description`. */
  readonly violations: string[];
}

export interface CallOptions {
  readonly apiKey?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
}

export interface TestClient {
  readonly raw: Client;
  /** Calls a unary method; never rejects. */
  readonly call: <M extends DescMethod>(
    method: M,
    request: MessageInitShape<M['input']>,
    options?: CallOptions,
  ) => Promise<Answer<MessageShape<M['output']>>>;
  /** Calls a unary method with any bytes instead of a message; never rejects. */
  readonly callBytes: <M extends DescMethod>(
    method: M,
    bytes: Uint8Array,
    options?: CallOptions,
  ) => Promise<Answer<MessageShape<M['output']>>>;
  readonly close: () => void;
}

/** The methods of the service. */
export const methods: typeof OtpService.method = OtpService.method;

/** Connects. `apiKey` is the API key of each call that names no other. */
export function createTestClient(
  address: string,
  apiKey?: string,
  secure: ChannelCredentials = credentials.createInsecure(),
  options: ChannelOptions = {},
): TestClient {
  const raw = new Client(address, secure, options);
  const callBytes = <M extends DescMethod>(method: M, bytes: Uint8Array, options: CallOptions = {}) =>
    new Promise<Answer<MessageShape<M['output']>>>((resolve) => {
      const headers: Record<string, unknown> = {};
      const path = `/${method.parent.typeName}/${method.name}`;
      const callOptions = options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs };
      const metadata = metadataOf('apiKey' in options ? options.apiKey : apiKey, options.metadata);
      const answered = (error: ServiceError | null, response?: Buffer) => resolve(answerOf(method, error, response, headers));
      const call = raw.makeUnaryRequest<Uint8Array, Buffer>(
        path,
        toBuffer,
        (buffer) => buffer,
        bytes,
        metadata,
        callOptions,
        answered,
      );
      call.on('metadata', (received) => Object.assign(headers, received.getMap()));
    });
  return {
    raw,
    callBytes,
    call: (method, request, options) => callBytes(method, toBinary(method.input, create(method.input, request)), options),
    close: () => raw.close(),
  };
}

/** Returns the metadata with an API key. */
export function metadataOf(apiKey: string | undefined, more: Readonly<Record<string, string>> = {}): Metadata {
  const metadata = new Metadata();
  if (apiKey !== undefined) metadata.set('x-api-key', apiKey);
  for (const [name, value] of Object.entries(more)) metadata.set(name, value);
  return metadata;
}

/** Reads the status details of an error. */
export function detailsOf(error: Pick<ServiceError, 'metadata'>): Details {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const status = typeof bytes === 'object' ? fromBinary(StatusSchema, bytes) : undefined;
  const messages = (status?.details ?? []).map((any) => anyUnpack(any, registry));
  const find = <T extends Message>(typeName: string) =>
    messages.find((message) => message?.$typeName === typeName) as T | undefined;
  const badRequest = find<BadRequest>(BadRequestSchema.typeName);
  return {
    inner: status && { code: status.code, message: status.message },
    errorInfo: find<ErrorInfo>(ErrorInfoSchema.typeName),
    requestInfo: find<RequestInfo>(RequestInfoSchema.typeName),
    badRequest,
    quotaFailure: find<QuotaFailure>(QuotaFailureSchema.typeName),
    retryInfo: find<RetryInfo>(RetryInfoSchema.typeName),
    violations: (badRequest?.fieldViolations ?? []).map(({ field, description }) => `${field}: ${description}`),
  };
}

function answerOf<M extends DescMethod>(
  method: M,
  error: ServiceError | null,
  response: Buffer | undefined,
  headers: Record<string, unknown>,
): Answer<MessageShape<M['output']>> {
  const metadata = error?.metadata ?? new Metadata();
  return {
    code: codes[error?.code ?? codes.OK] as keyof typeof codes,
    message: error?.details ?? '',
    response: response && (fromBinary(method.output, response) as MessageShape<M['output']>),
    headers,
    trailers: metadata.getMap(),
    details: detailsOf({ metadata }),
  };
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
