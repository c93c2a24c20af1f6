/** The inner interceptor: lets a call pass to its handler only once the lifecycle has admitted it; its body is not read before. */
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { Call } from '../rpc/call.ts';
import type { Lifecycle } from '../rpc/lifecycle.ts';
import { callOf } from './observe.ts';

/** Makes the interceptor; it must stand behind `observe`. */
export function createAdmission(lifecycle: Lifecycle): ServerInterceptor {
  return (_, next) =>
    new ServerInterceptingCall(next, {
      start: (begin) =>
        begin({
          // grpc-js would let an error in here end the process.
          onReceiveMetadata(metadata, handOn) {
            const call = callOf(metadata);
            const letPass = (): void => {
              if (call.ended) return;
              if (call.method === undefined) forget(metadata);
              handOn(metadata);
            };
            try {
              const admitted = lifecycle.admit(call);
              if (admitted instanceof Promise) admitted.then(letPass).catch((error: unknown) => refuse(call, metadata, error));
              else letPass();
            } catch (error) {
              refuse(call, metadata, error);
            }
          },
        }),
    });
}

function refuse(call: Call, metadata: Metadata, error: unknown): void {
  forget(metadata);
  call.fail(error);
}

/** grpc-js keeps the metadata of a call for as long as it is open: without a key, a stranger would choose how much memory it takes. */
function forget(metadata: Metadata): void {
  for (const name of Object.keys(metadata.getMap())) metadata.remove(name);
}
