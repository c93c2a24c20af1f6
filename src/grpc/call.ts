/** What the stages ask of a call, be it grpc-js' own or ours. */
import type { ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js';

/** What both have. */
export type Call = Pick<
  ServerInterceptingCallInterface,
  'start' | 'startRead' | 'sendMetadata' | 'sendMessage' | 'sendStatus' | 'getDeadline'
>;

/** The method of a call. */
export type MethodShape = Pick<Parameters<ServerInterceptor>[0], 'path' | 'requestStream' | 'responseStream'>;
