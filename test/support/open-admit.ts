/** The one gate of all calls, with every caller let in as the same one: for servers whose callers have no API keys. */
import { createLocalLimits } from '../../src/limits/local-counter.ts';
import { DEFAULT_PLANS } from '../../src/limits/plans.ts';
import { type Principal, SCOPES } from '../../src/ports/principal.ts';
import { type Admit, createAdmit } from '../../src/rpc/admit.ts';

const CALLER: Principal = { keyId: 'anybody', plan: 'unlimited', scopes: new Set(SCOPES) };

/** Makes the gate: authentication aside, all of it is real. */
export function createOpenAdmit(): Admit {
  return createAdmit({
    authenticator: {
      authenticate: () => CALLER,
      knows: () => true,
      forget: () => undefined,
      flush: async () => undefined,
      close: async () => undefined,
    },
    limits: createLocalLimits(),
    plans: DEFAULT_PLANS,
    clock: Date.now,
  });
}
