/** The inner interceptor: passes a call to its handler only after the lifecycle has admitted it; its body is not read before. */
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { Call } from '../rpc/call.ts';
import type { Lifecycle } from '../rpc/lifecycle.ts';
import { callOf } from './observe.ts';

/** Makes the interceptor; it must come after `observe`. */
export function createAdmission(lifecycle: Lifecycle): ServerInterceptor {
  return (_, next) =>
    new ServerInterceptingCall(next, {
      start: (begin) =>
        begin({
          // With grpc-js, an error thrown here would end the process.
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

/** Removes the metadata, which grpc-js keeps until the call ends. Otherwise strangers would determine how much memory a call takes. */
function forget(metadata: Metadata): void {
  for (const name of Object.keys(metadata.getMap())) metadata.remove(name);
}
