/** The client library `otpd-client`: the calls of the contract with an API key, deadlines, safe retries and readable errors. */
import { randomUUID } from 'node:crypto';
import type { DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { type CallOptions, type ConnectOptions, openChannel } from './channel.ts';
import { OtpError } from './error.ts';
import { SecretDelivery } from './generated/otp/v1/key_pb.ts';
import { OtpService } from './generated/otp/v1/otp_service_pb.ts';

// 64-bit integers are `bigint`, on which `JSON.stringify` throws.
export { toJson } from '@bufbuild/protobuf';
export { type AdminClient, connectAdmin } from './admin.ts';
export type { CallOptions, ConnectOptions } from './channel.ts';
export type { Pem, Security } from './credentials.ts';
export { type FieldViolation, OtpError } from './error.ts';
export * from './generated/otp/admin/v1/admin_service_pb.ts';
export * from './generated/otp/v1/error_reason_pb.ts';
export * from './generated/otp/v1/item_error_pb.ts';
export * from './generated/otp/v1/key_pb.ts';
export * from './generated/otp/v1/otp_service_pb.ts';
export * from './generated/otp/v1/qr_code_pb.ts';
export * from './generated/otp/v1/token_pb.ts';

type Methods = typeof OtpService.method;
type Request<M extends DescMethod> = MessageInitShape<M['input']>;
type Response<M extends DescMethod> = MessageShape<M['output']>;

/** The calls of the contract. Each fails with an `OtpError`, but with a `TypeError` for a `deadlineMs` that cannot be used. */
export interface OtpClient extends Disposable {
  /**
   * Makes a new key, ready to enrol, or shows the QR code of an existing one again. Fails with UNIMPLEMENTED if a sealed key was asked for and the
   * server is too old to make one: then nothing is to be stored.
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

/**
 * A client of the server at `address` (`host:port`), which connects at the first call and again whenever it must: make one and share it.
 *
 * Throws a `TypeError`, which names the option, for an address, an API key, a deadline or certificates that cannot be used, and for
 * certificates together with `plaintext`.
 */
export function connect(address: string, apiKey: string, options: ConnectOptions = {}): OtpClient {
  const { unary, stream, close } = openChannel(address, apiKey, options);
  const { method } = OtpService;
  return {
    generate: async (request, call) => sealedAsAsked(request, await unary(method.generate, request, call)),
    token: (request, call) => unary(method.token, request, call),
    verify: (request, call) => unary(method.verify, withRequestId(request), call),
    batchToken: (request, call) => unary(method.batchToken, request, call),
    batchVerify: ({ requests = [] }, call) => unary(method.batchVerify, { requests: requests.map(withRequestId) }, call),
    getUsage: (call) => unary(method.getUsage, {}, call),
    generateRecoveryCodes: (request, call) => unary(method.generateRecoveryCodes, request, call),
    resyncHotp: (request, call) => unary(method.resyncHotp, withRequestId(request), call),
    verifyRecoveryCode: (request, call) => unary(method.verifyRecoveryCode, withRequestId(request), call),
    revokeRecoveryCodes: (request, call) => unary(method.revokeRecoveryCodes, request, call),
    watchToken: (request, call) => stream(method.watchToken, request, call),
    seal: (request, call) => unary(method.seal, request, call),
    rewrap: (request, call) => unary(method.rewrap, request, call),
    importKeys: (request, call) => unary(method.importKeys, request, call),
    exportKeys: (request, call) => unary(method.exportKeys, request, call),
    close,
    [Symbol.dispose]: close,
  };
}

/** The request with an id, under which it may be sent again. */
function withRequestId<T extends { readonly requestId?: string }>(request: T): T & { readonly requestId: string } {
  return { ...request, requestId: request.requestId || randomUUID() };
}

/** The answer, unless it lacks the sealed key that was asked for: a server that does not know `delivery` takes no notice of it. */
function sealedAsAsked(
  { delivery }: Request<Methods['generate']>,
  response: Response<Methods['generate']>,
): Response<Methods['generate']> {
  const asked = delivery === SecretDelivery.SEALED || delivery === SecretDelivery.BOTH;
  if (!asked || response.sealed !== undefined) return response;
  throw new OtpError({
    code: status.UNIMPLEMENTED,
    details: 'the server is too old to seal keys: update it, and store nothing of this answer',
  });
}
