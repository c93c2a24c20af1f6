/** A store in the memory of the process, for tests. */
import { apiKeyStatus } from '../../src/auth/api-key.ts';
import { createLocalLimits } from '../../src/limits/local-counter.ts';
import {
  type ApiKeyRecord,
  type ApiKeySecret,
  type KeyPlace,
  type KeyStore,
  knownScopes,
  type SealingKeyUses,
  type Store,
} from '../../src/ports/store.ts';
import { createMemoryCodes } from './memory-codes.ts';
import { createMemoryRecovery } from './memory-recovery.ts';

/** Makes an empty store that is always available. */
export function createMemoryStore(): Store {
  let bound: string | undefined;
  return {
    keys: createMemoryKeys(),
    limits: createLocalLimits(),
    codes: createMemoryCodes(),
    recovery: createMemoryRecovery(),
    sealingKeys: createMemorySealingKeys(),
    async bind(identity) {
      bound ??= identity;
      return bound === identity;
    },
    ping: async () => undefined,
    close: async () => undefined,
  };
}

function createMemorySealingKeys(): SealingKeyUses {
  const kept = new Map<string, number>();
  return {
    lastDays: async () => new Map(kept),
    async noteDays(days) {
      for (const [id, day] of days) kept.set(id, Math.max(day, kept.get(id) ?? 0));
    },
  };
}

function byPlace(one: KeyPlace, other: KeyPlace): number {
  return one.createdAt - other.createdAt || (one.id < other.id ? -1 : Number(one.id > other.id));
}

function createMemoryKeys(): KeyStore {
  const records = new Map<string, ApiKeyRecord>();
  let changes = 0;
  function put(key: ApiKeyRecord): void {
    records.set(key.id, { ...key, scopes: knownScopes(key.scopes) });
    changes += 1;
  }
  return {
    find: async (id) => records.get(id),
    findMany: async (ids) => [...new Set(ids)].flatMap((id) => records.get(id) ?? []),
    version: async () => String(changes),
    page: async (after, limit) =>
      [...records.values()]
        .sort(byPlace)
        .filter((key) => after === undefined || byPlace(key, after) > 0)
        .slice(0, limit),
    async insert(key) {
      if (records.has(key.id)) throw new Error('an API key with this id exists');
      put(key);
    },
    async insertFirst(key) {
      if (records.size > 0) return false;
      put(key);
      return true;
    },
    async update(id, change) {
      const key = records.get(id);
      if (key === undefined) return undefined;
      const changed = { ...change(key), tenant: key.tenant };
      put(changed);
      return changed;
    },
    async updateWithOtherAdmin(id, change, now) {
      const isOther = (key: ApiKeyRecord) => key.id !== id && key.scopes.includes('admin') && apiKeyStatus(key, now) === 'active';
      if (![...records.values()].some(isOther)) return 'last';
      return this.update(id, change);
    },
    async noteUse(id, digest) {
      const key = records.get(id);
      if (key === undefined) return;
      const isIt = (secret: ApiKeySecret) => Buffer.compare(secret.digest, digest) === 0;
      const secrets = key.secrets.map((secret) => (isIt(secret) ? { ...secret, awaitsUse: false } : secret));
      records.set(id, { ...key, secrets });
    },
    async touch(lastUsed) {
      for (const [id, usedAt] of lastUsed) {
        const key = records.get(id);
        if (key !== undefined && usedAt > (key.lastUsedAt ?? 0)) records.set(id, { ...key, lastUsedAt: usedAt });
      }
    },
  };
}
