/** The client of `otp.v1.OtpService` over the calls of a transport: request ids, batches, and sealed keys that are as asked for. */
import type { DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { createBatcher } from './batching.ts';
import type { CallOptions, Calls } from './calls.ts';
import { OtpError } from './error.ts';
import { Code } from './generated/google/rpc/code_pb.ts';
import { SecretDelivery } from './generated/otp/v1/key_pb.ts';
import { OtpService, type TokenRequest, type VerifyRequest } from './generated/otp/v1/otp_service_pb.ts';

type Methods = typeof OtpService.method;
type Request<M extends DescMethod> = MessageInitShape<M['input']>;
type Response<M extends DescMethod> = MessageShape<M['output']>;

/** The calls of the contract. Each fails with an `OtpError`, but with a `TypeError` for a `deadlineMs` that cannot be used. */
export interface OtpClient extends Disposable {
  /**
   * Makes a new key, ready to enrol, or shows the QR code of an existing one again. Fails with UNIMPLEMENTED if a sealed key was asked for and the
   * server is too old to make one: then store nothing.
   */
  generate(request: Request<Methods['generate']>, options?: CallOptions): Promise<Response<Methods['generate']>>;
  /** Gives the code of a key, now or at a moment, and its neighbours on request. */
  token(request: Request<Methods['token']>, options?: CallOptions): Promise<Response<Methods['token']>>;
  /** Says whether a code is right, now, and for the first time. A `requestId` is made if there is none, so that retries are safe. */
  verify(request: Request<Methods['verify']>, options?: CallOptions): Promise<Response<Methods['verify']>>;
  /** The codes of up to 100 keys: an answer for each request, in their order, or its error. */
  batchToken(request: Request<Methods['batchToken']>, options?: CallOptions): Promise<Response<Methods['batchToken']>>;
  /** Checks up to 100 codes, each as `verify` does; an item that fails has an error instead of an answer. Each gets a `requestId` if it has none. */
  batchVerify(request: Request<Methods['batchVerify']>, options?: CallOptions): Promise<Response<Methods['batchVerify']>>;
  /** How much of its plan the API key has used, for each window; costs no credits. */
  getUsage(options?: CallOptions): Promise<Response<Methods['getUsage']>>;
  /**
   * Finds the counter of a HOTP device again that has run ahead, by two or three codes in a row. A `requestId` is made if there is none, so that
   * retries are safe.
   */
  resyncHotp(request: Request<Methods['resyncHotp']>, options?: CallOptions): Promise<Response<Methods['resyncHotp']>>;
  /** Makes recovery codes, to be shown to the user this once, and the set of them to store. */
  generateRecoveryCodes(
    request: Request<Methods['generateRecoveryCodes']>,
    options?: CallOptions,
  ): Promise<Response<Methods['generateRecoveryCodes']>>;
  /** Says whether a recovery code is right, and for the first time. A `requestId` is made if there is none, so that retries are safe. */
  verifyRecoveryCode(
    request: Request<Methods['verifyRecoveryCode']>,
    options?: CallOptions,
  ): Promise<Response<Methods['verifyRecoveryCode']>>;
  /** Revokes a set of recovery codes for ever. */
  revokeRecoveryCodes(
    request: Request<Methods['revokeRecoveryCodes']>,
    options?: CallOptions,
  ): Promise<Response<Methods['revokeRecoveryCodes']>>;
  /** The current code of a key, then each next one as its step begins, until the loop over it is left. */
  watchToken(
    request: Request<Methods['watchToken']>,
    options?: CallOptions,
  ): AsyncGenerator<Response<Methods['watchToken']>, void>;
  /** Seals keys that the caller has as secrets or URIs, or binds sealed keys to another context; an outcome for each of up to 100. */
  seal(request: Request<Methods['seal']>, options?: CallOptions): Promise<Response<Methods['seal']>>;
  /** Seals sealed keys and sets of recovery codes anew, under the current sealing key; an outcome for each of up to 100. */
  rewrap(request: Request<Methods['rewrap']>, options?: CallOptions): Promise<Response<Methods['rewrap']>>;
  /** Reads the keys in otpauth and otpauth-migration URIs, up to 100 keys in all; an outcome for each. */
  importKeys(request: Request<Methods['importKeys']>, options?: CallOptions): Promise<Response<Methods['importKeys']>>;
  /** Gives the secrets of up to 100 keys, sealed ones too, as URIs; an outcome for each. */
  exportKeys(request: Request<Methods['exportKeys']>, options?: CallOptions): Promise<Response<Methods['exportKeys']>>;
  /** Closes the connection; calls under way end with CANCELLED or UNAVAILABLE. */
  close(): void;
}

/** How a client makes its calls. */
export interface ClientOptions {
  /**
   * Sends calls of `verify` and `token` that come within a millisecond as one batch, invisibly: each has the answer, the error, the deadline and the
   * cancellation that it would have alone. It costs the server half as much where many calls are under way. False if unset.
   */
  readonly batching?: boolean;
  /** How long a call may take with all its retries, in ms, above 0 and at most 86,400,000 (24 hours); 5000 if unset. */
  readonly deadlineMs?: number;
}

/** The client over `calls`. */
export function createClient(calls: Calls, { batching = false, deadlineMs }: ClientOptions): OtpClient {
  const { unary, stream, close } = calls;
  const { method } = OtpService;
  const one = {
    verify: (request: Request<Methods['verify']>, call?: CallOptions) => unary(method.verify, request, call),
    token: (request: Request<Methods['token']>, call?: CallOptions) => unary(method.token, request, call),
  };
  const verifyAll = async (requests: VerifyRequest[], call: CallOptions) =>
    (await unary(method.batchVerify, { requests }, call)).results;
  const tokenAll = async (requests: TokenRequest[], call: CallOptions) =>
    (await unary(method.batchToken, { requests }, call)).results;
  const sent = batching
    ? {
        verify: createBatcher(method.verify, verifyAll, calls, deadlineMs),
        token: createBatcher(method.token, tokenAll, calls, deadlineMs),
      }
    : one;
  return {
    generate: async (request = {}, call) => sealedAsAsked(request, await unary(method.generate, request, call)),
    token: (request = {}, call) => sent.token(request, call),
    async verify(request = {}, call) {
      // A batch takes neither a confirmation nor alternatives.
      const isAlone = request.confirm || (request.alternatives?.length ?? 0) > 0;
      return (isAlone ? one : sent).verify(withRequestId(request), call);
    },
    batchToken: (request = {}, call) => unary(method.batchToken, request, call),
    batchVerify: async ({ requests = [] } = {}, call) =>
      unary(method.batchVerify, { requests: requests.map(withRequestId) }, call),
    getUsage: (call) => unary(method.getUsage, {}, call),
    generateRecoveryCodes: (request = {}, call) => unary(method.generateRecoveryCodes, request, call),
    resyncHotp: async (request = {}, call) => unary(method.resyncHotp, withRequestId(request), call),
    verifyRecoveryCode: async (request = {}, call) => unary(method.verifyRecoveryCode, withRequestId(request), call),
    revokeRecoveryCodes: (request = {}, call) => unary(method.revokeRecoveryCodes, request, call),
    watchToken: (request = {}, call) => stream(method.watchToken, request, call),
    seal: (request = {}, call) => unary(method.seal, request, call),
    rewrap: (request = {}, call) => unary(method.rewrap, request, call),
    importKeys: (request = {}, call) => unary(method.importKeys, request, call),
    exportKeys: (request = {}, call) => unary(method.exportKeys, request, call),
    close,
    [Symbol.dispose]: close,
  };
}

/** The request with an id, under which it may be sent again. */
function withRequestId<T extends { readonly requestId?: string }>(request: T): T & { readonly requestId: string } {
  return { ...request, requestId: request.requestId || crypto.randomUUID() };
}

/** The answer, unless it lacks the sealed key that was asked for: a server that does not know `delivery` takes no notice of it. */
function sealedAsAsked(
  { delivery }: Request<Methods['generate']>,
  response: Response<Methods['generate']>,
): Response<Methods['generate']> {
  const asked = delivery === SecretDelivery.SEALED || delivery === SecretDelivery.BOTH;
  if (!asked || response.sealed !== undefined) return response;
  throw new OtpError({
    code: Code.UNIMPLEMENTED,
    message: 'the server is too old to seal keys: update it, and store nothing of this answer',
  });
}
