/** A caller with its own connections, which reduces an answer to the facts that the rules use. */
import {
  create,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJsonString,
} from '@bufbuild/protobuf';
import { type ChannelOptions, Client, status as codes, credentials, type ServiceError } from '@grpc/grpc-js';
import { ErrorReason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import {
  type BatchVerifyResult,
  type GenerateRecoveryCodesResponse,
  OtpService,
  type VerifyRecoveryCodeRequestSchema,
  type VerifyRecoveryCodeResponse,
  VerifyRecoveryCodeResponseSchema,
  type VerifyResponse,
  VerifyResponseSchema,
  VerifyStatus,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { detailsOf, metadataOf } from '../support/client.ts';
import type { VerifyInit } from './keys.ts';

const { method } = OtpService;
const DEADLINE_MS = 5000;

/** `unknown` stands for no answer, or an error after which the code may have been judged or not. */
export type Outcome = 'accepted' | 'mismatch' | 'malformed' | 'replayed' | 'throttled' | 'request_id_reused' | 'unknown';

export interface Answer {
  readonly outcome: Outcome;
  /** The matched step, if there is one. */
  readonly step: number | undefined;
  /** The whole response as JSON, or the status code and the reason of an error. */
  readonly text: string;
}

export type RecoveryInit = MessageInitShape<typeof VerifyRecoveryCodeRequestSchema>;

export interface CallOptions {
  readonly deadlineMs?: number;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

export interface Caller {
  /** Verifies a code. Rejects if neither a fault of the store nor of a server explains the status. */
  readonly verify: (request: VerifyInit, apiKey: string, options?: CallOptions) => Promise<Answer>;
  /** Verifies several codes by BatchVerify. */
  readonly verifyAll: (requests: readonly VerifyInit[], apiKey: string) => Promise<readonly Answer[]>;
  /** Makes a set of ten recovery codes. */
  readonly generateRecoveryCodes: (apiKey: string) => Promise<GenerateRecoveryCodesResponse>;
  /** Uses a recovery code. Rejects as `verify` does. */
  readonly verifyRecoveryCode: (request: RecoveryInit, apiKey: string) => Promise<Answer>;
  /** The distinct texts in answers: the response, or the message and the metadata of an error. */
  readonly told: ReadonlySet<string>;
  readonly close: () => void;
}

export const OUTCOMES: Readonly<Record<VerifyStatus, Outcome>> = {
  [VerifyStatus.UNSPECIFIED]: 'unknown',
  [VerifyStatus.ACCEPTED]: 'accepted',
  [VerifyStatus.MISMATCH]: 'mismatch',
  [VerifyStatus.MALFORMED]: 'malformed',
  [VerifyStatus.REPLAYED]: 'replayed',
  [VerifyStatus.THROTTLED]: 'throttled',
};

const UNKNOWN: ReadonlySet<number> = new Set([codes.UNAVAILABLE, codes.DEADLINE_EXCEEDED, codes.CANCELLED]);

/** Connects to `address`, a target of grpc-js. Calls use the connections in turn. */
export function createCaller(address: string, connections: number = 1, options: ChannelOptions = {}): Caller {
  // A server allows a hundred calls per connection at a time. Without separate pools, grpc-js would share one connection.
  const channel: ChannelOptions = {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 200,
    ...options,
  };
  const clients = Array.from({ length: connections }, () => new Client(address, credentials.createInsecure(), channel));
  const told = new Set<string>();
  let turn = 0;
  function call<M extends DescMethod>(
    { name, input, output }: M,
    request: MessageInitShape<M['input']>,
    apiKey: string,
    { deadlineMs = DEADLINE_MS, signal }: CallOptions = {},
  ): Promise<MessageShape<M['output']>> {
    turn = (turn + 1) % connections;
    const { promise, resolve, reject } = Promise.withResolvers<MessageShape<M['output']>>();
    const running = clients[turn]?.makeUnaryRequest(
      `/${OtpService.typeName}/${name}`,
      (message: MessageShape<M['input']>) => Buffer.from(toBinary(input, message)),
      (bytes) => fromBinary<M['output']>(output, bytes),
      create<M['input']>(input, request),
      metadataOf(apiKey),
      { deadline: Date.now() + deadlineMs },
      (error: ServiceError | null, response?: MessageShape<M['output']>) => {
        told.add(response ? toJsonString(output, response) : toldBy(error));
        return response ? resolve(response) : reject(error);
      },
    );
    signal?.addEventListener('abort', () => running?.cancel(), { once: true });
    return promise;
  }

  return {
    told,
    verify: (request, apiKey, options) => call(method.verify, request, apiKey, options).then(verdictOf, failureOf),
    verifyAll: (requests, apiKey) =>
      call(method.batchVerify, { requests: [...requests] }, apiKey).then(
        ({ results }) => {
          if (results.length !== requests.length) throw new Error(`${results.length} results of ${requests.length} items`);
          return results.map(itemAnswerOf);
        },
        (error: ServiceError) => requests.map(() => failureOf(error)),
      ),
    generateRecoveryCodes: (apiKey) => call(method.generateRecoveryCodes, {}, apiKey),
    verifyRecoveryCode: (request, apiKey) => call(method.verifyRecoveryCode, request, apiKey).then(recoveryAnswerOf, failureOf),
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

/** Returns the text in the binary metadata of an error. */
function toldBy(error: ServiceError | null): string {
  const values = Object.values(error?.metadata.toJSON() ?? {}).flat();
  return [error?.details, ...values.filter((value) => typeof value !== 'string').map(String)].join(' ');
}

/** Returns the judgement in a response, also in the response of another library. */
export function verdictOf(response: VerifyResponse): Answer {
  const { status, matchedStep } = response;
  const step = matchedStep === undefined ? undefined : Number(matchedStep);
  // A repeat has the time of its own answer.
  return {
    outcome: OUTCOMES[status] ?? 'unknown',
    step,
    text: toJsonString(VerifyResponseSchema, { ...response, serverTime: undefined }),
  };
}

/** The outcome of an item is unknown if the store has not judged it, or may not have. */
function itemAnswerOf({ result }: BatchVerifyResult): Answer {
  if (result.case === 'response') return verdictOf(result.value);
  const { reason = ErrorReason.UNSPECIFIED, message = '' } = result.value ?? {};
  const text = `an item: ${message}`;
  if (reason === ErrorReason.REQUEST_ID_REUSED) return { outcome: 'request_id_reused', step: undefined, text };
  if (reason === ErrorReason.STORE_UNAVAILABLE) return { outcome: 'unknown', step: undefined, text };
  throw new Error(`an item of a batch failed with ${reason}: ${message}`);
}

function recoveryAnswerOf(response: VerifyRecoveryCodeResponse): Answer {
  const text = toJsonString(VerifyRecoveryCodeResponseSchema, response);
  return { outcome: OUTCOMES[response.status] ?? 'unknown', step: undefined, text };
}

function failureOf(error: ServiceError): Answer {
  const reason = detailsOf(error).errorInfo?.reason;
  const text = `${codes[error.code]} ${reason}`;
  if (reason === 'ERROR_REASON_REQUEST_ID_REUSED') return { outcome: 'request_id_reused', step: undefined, text };
  if (UNKNOWN.has(error.code) || isOfTheConnection(error)) return { outcome: 'unknown', step: undefined, text };
  throw new Error(`a call failed with ${text}: ${error.details}`);
}

/**
 * Whether HTTP/2 has ended the call without a decision of the server. Node closes a connection if thousands of its calls are cancelled, as when a
 * crowd passes its deadline on a busy machine. grpc-js reports INTERNAL or RESOURCE_EXHAUSTED without details.
 */
function isOfTheConnection(error: ServiceError): boolean {
  return detailsOf(error).errorInfo === undefined && /^(Received RST_STREAM|Bandwidth exhausted)/.test(error.details);
}
