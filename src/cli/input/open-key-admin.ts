/** Opens the administration of API keys, on the store itself or through a server. */
import { checkNewApiKey, type NewApiKey } from '../../auth/api-key.ts';
import { createKeyAdministration, eachKey } from '../../auth/key-administration.ts';
import { Rejection } from '../../ports/rejection.ts';
import type { Io } from '../io.ts';
import { localError, usageError } from '../output/failure.ts';
import { type ServerFlags, serverOf } from './admin-server.ts';
import { type KeyAdmin, unknownKey } from './key-admin.ts';
import { withServer } from './key-server.ts';
import { loadPlans, type StoreFlags, withStore } from './store-access.ts';

/** The flags that say where the keys are. */
export interface KeyAdminFlags extends StoreFlags, ServerFlags {
  readonly plans?: string;
}

/** Runs `use` with the administration. Makes a store only if `create` is set. */
export async function withKeyAdmin<T>(
  io: Io,
  flags: KeyAdminFlags & { create?: boolean },
  use: (admin: KeyAdmin) => Promise<T>,
): Promise<T> {
  const server = serverOf(io, flags);
  if (server !== undefined) return withServer(io, { ...flags, server }, use);
  return withStore(io, flags, async ({ store, audit, operator: actor }) => {
    const keys = createKeyAdministration(store.keys, audit);
    const changeNow = () => ({ actor, now: Date.now() });
    return explaining(() =>
      use({
        async create(input) {
          const { apiKey, record } = await keys.create(input, changeNow());
          return { apiKey, key: record };
        },
        list: () => eachKey(store.keys),
        find: keys.find,
        async rotate(id, graceMs) {
          const { apiKey, record } = await keys.rotate(id, graceMs, changeNow());
          return { apiKey, key: record };
        },
        async revoke(id) {
          const { before, record } = await keys.revoke(id, changeNow());
          return { key: record, isNews: before.revokedAt === undefined };
        },
      }),
    );
  });
}

/** Checks a new key before a store is made. On the store this includes its plan; a server checks the plan itself. */
export function checkNewKey(io: Io, flags: KeyAdminFlags, input: NewApiKey, now: number): void {
  if (serverOf(io, flags) === undefined) {
    const plans = loadPlans(io, flags.plans);
    if (!plans.has(input.plan)) throw usageError(`--plan names no plan: there are ${[...plans.keys()].join(', ')}`);
  }
  checkNewApiKey(input, now);
}

/** Rejections of the administration, in the words of the command line. */
async function explaining<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    const { reason } = error instanceof Rejection ? error : { reason: undefined };
    if (reason === 'api_key_not_found') throw unknownKey();
    if (reason === 'last_admin_key')
      throw localError(
        'nobody could administer the server by its API without this key: make another one first (`otpd keys create --scopes admin`), or rotate this one with --grace',
      );
    throw error;
  }
}
