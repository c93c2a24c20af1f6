/** The client of the administration: the calls of `otp.admin.v1` with an API key that has the scope `admin`. */
import type { MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type CallOptions, createCalls, DEADLINE_MS } from './calls.ts';
import { AdminService } from './generated/otp/admin/v1/admin_service_pb.ts';
import { type GrpcOptions, grpcTransport } from './grpc.ts';
import { usableDeadline } from './options.ts';

/** A call of the administration. */
export type Call<Name extends keyof typeof AdminService.method> = (
  request: MessageInitShape<(typeof AdminService.method)[Name]['input']>,
  options?: CallOptions,
) => Promise<MessageShape<(typeof AdminService.method)[Name]['output']>>;

/** The calls of the administration. Each fails as those of `OtpClient` do. */
export interface AdminClient extends Disposable {
  /** Makes an API key; its secret is in this answer alone. */
  readonly createApiKey: Call<'createApiKey'>;
  /** Gets an API key. */
  readonly getApiKey: Call<'getApiKey'>;
  /** Lists API keys, oldest first: a page of them. */
  readonly listApiKeys: Call<'listApiKeys'>;
  /** Gives an API key a new secret. If the answer is lost, rotate again. */
  readonly rotateApiKey: Call<'rotateApiKey'>;
  /** Revokes an API key for ever. */
  readonly revokeApiKey: Call<'revokeApiKey'>;
  /** Gets how much of its plan an API key has used. */
  readonly getApiKeyUsage: Call<'getApiKeyUsage'>;
  /** Lists the plans of the configuration. */
  readonly listPlans: Call<'listPlans'>;
  /** Lists the sealing keys, without the keys themselves. */
  readonly listSealingKeys: Call<'listSealingKeys'>;
  /** Gets how the process that answers is, and how it judged codes in the last hour. */
  readonly getServerStatus: Call<'getServerStatus'>;
  /** Gets the wrong codes that are counted against a secret, and its lock. */
  readonly getAttempts: Call<'getAttempts'>;
  /** Unlocks a secret: its codes are checked again. */
  readonly unlockAttempts: Call<'unlockAttempts'>;
  /** Closes the connection; calls under way end with CANCELLED or UNAVAILABLE. */
  close(): void;
}

/** As in `connect`. */
export interface AdminOptions extends GrpcOptions {
  readonly deadlineMs?: number;
}

/** A client of the administration of the server at `address`; everything else is as `connect` has it. */
export function connectAdmin(address: string, apiKey: string, options: AdminOptions = {}): AdminClient {
  const deadlineMs = usableDeadline(options.deadlineMs ?? DEADLINE_MS);
  const { unary, close } = createCalls(grpcTransport(address, apiKey, options), deadlineMs);
  const { method } = AdminService;
  return {
    createApiKey: (request, call) => unary(method.createApiKey, request, call),
    getApiKey: (request, call) => unary(method.getApiKey, request, call),
    listApiKeys: (request, call) => unary(method.listApiKeys, request, call),
    rotateApiKey: (request, call) => unary(method.rotateApiKey, request, call),
    revokeApiKey: (request, call) => unary(method.revokeApiKey, request, call),
    getApiKeyUsage: (request, call) => unary(method.getApiKeyUsage, request, call),
    listPlans: (request, call) => unary(method.listPlans, request, call),
    listSealingKeys: (request, call) => unary(method.listSealingKeys, request, call),
    getServerStatus: (request, call) => unary(method.getServerStatus, request, call),
    getAttempts: (request, call) => unary(method.getAttempts, request, call),
    unlockAttempts: (request, call) => unary(method.unlockAttempts, request, call),
    close,
    [Symbol.dispose]: close,
  };
}
