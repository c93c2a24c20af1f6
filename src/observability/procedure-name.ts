/** The name of a call's method for metrics and traces. A caller's own words are never part of it. */
import type { Call } from '../rpc/call.ts';
import { procedureOf } from '../rpc/method.ts';

/** Such as `otp.v1.OtpService/Verify`, or the path of a call of a REST API; `_OTHER` for what is no call of ours. */
export function procedureName({ method, transport, procedure }: Call): string {
  if (method !== undefined) return procedureOf(method.descriptor).slice(1);
  return transport === 'rest' || procedure.startsWith('/grpc.') ? procedure.slice(1) : '_OTHER';
}
