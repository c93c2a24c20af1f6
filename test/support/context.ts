/** The context of a call to a handler that is tested without a server. */
import type { CallContext } from '../../src/rpc/context.ts';

/** A context whose caller is on a plan without limits, unless told otherwise. */
export function callContext(overrides: Partial<CallContext> = {}): CallContext {
  return {
    principal: { keyId: 'caller', plan: 'free', scopes: new Set(), tenant: 'default' },
    requestId: 'call',
    call: { ended: false, transport: 'grpc' },
    charge: () => undefined,
    giveBack: () => undefined,
    noteFault: () => undefined,
    now: Date.now,
    ...overrides,
  };
}
