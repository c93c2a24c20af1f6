/** The client library `otpd-client`: the calls of the contract over gRPC, with an API key, deadlines, safe retries and readable errors. */
import { createCalls, DEADLINE_MS } from './calls.ts';
import { type ClientOptions, createClient, type OtpClient } from './client.ts';
import { type GrpcOptions, grpcTransport } from './grpc.ts';
import { usableDeadline } from './options.ts';

export { type AdminClient, type AdminOptions, type Call as AdminCall, connectAdmin } from './admin.ts';
export type { Pem, Security } from './credentials.ts';
export type { GrpcOptions } from './grpc.ts';
export * from './messages.ts';

/** How to connect; TLS with the authorities that Node brings if nothing is said. */
export interface ConnectOptions extends GrpcOptions, ClientOptions {}

/**
 * A client of the server at `address` (`host:port`), which connects at the first call and again whenever it must: make one and share it.
 *
 * Throws a `TypeError`, which names the option, for an address, an API key, a deadline or certificates that cannot be used, and for
 * certificates together with `plaintext`.
 */
export function connect(address: string, apiKey: string, options: ConnectOptions = {}): OtpClient {
  const deadlineMs = usableDeadline(options.deadlineMs ?? DEADLINE_MS);
  return createClient(createCalls(grpcTransport(address, apiKey, options), deadlineMs), options);
}
