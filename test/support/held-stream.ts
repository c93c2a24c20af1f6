/** A stream whose handler answers once and then waits until its caller has left, or its call is ended. */
import { create } from '@bufbuild/protobuf';
import { OtpService, WatchTokenResponseSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { StreamingMethod } from '../../src/rpc/method.ts';

/** Such a method, with the signals of its calls so far. */
export function heldStream(): { readonly watch: StreamingMethod; readonly signals: readonly (AbortSignal | undefined)[] } {
  const signals: (AbortSignal | undefined)[] = [];
  const watch: StreamingMethod = {
    kind: 'server_streaming',
    descriptor: OtpService.method.watchToken,
    scope: 'token',
    async *handle(_, { signal }) {
      signals.push(signal);
      yield create(WatchTokenResponseSchema);
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    },
  };
  return { watch, signals };
}
