/** The context of a call, for tests of a handler without a server. */
import type { CallContext } from '../../src/rpc/context.ts';

/** Makes a context. By default, the caller is on a plan without limits. */
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
