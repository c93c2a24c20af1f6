/** The name of a call's method for metrics and traces. It never contains text from a caller. */
import type { Call } from '../rpc/call.ts';

/** Such as `otp.v1.OtpService/Verify`, or the path of a call of a REST API; `_OTHER` for an unknown method. */
export function procedureName({ method, transport, procedure }: Call): string {
  const isServed = method !== undefined || transport === 'rest' || procedure.startsWith('/grpc.');
  return isServed ? procedure.slice(1) : '_OTHER';
}
