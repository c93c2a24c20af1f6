/** The administration of API keys, with its audit trail, for the command line and the API. */
import { createHash } from 'node:crypto';
import type { Actor, Audit, CallOrigin } from '../ports/audit.ts';
import { Rejection } from '../ports/rejection.ts';
import type { ApiKeyRecord, KeyPlace, KeyStore } from '../ports/store.ts';
import { apiKeyStatus, type IssuedApiKey, issueApiKey, type NewApiKey, revokeApiKey, rotateApiKey } from './api-key.ts';

/** The keys read in one step, which takes well below a millisecond of the event loop. */
const READ_AT_ONCE = 100;
/** The keys examined for one page: if most of them are revoked, the page may be short. */
const MOST_LOOKED_AT = 5000;

/** The actor, the time and the condition of a change. */
export interface KeyChange {
  readonly actor: Actor;
  /** The call that requests the change; undefined at the command line. */
  readonly origin?: CallOrigin | undefined;
  /** In ms since the epoch. */
  readonly now: number;
  /** The etag that the key must have; undefined or empty for any. */
  readonly etag?: string | undefined;
}

/** A page of keys. */
export interface KeyPage {
  readonly keys: readonly ApiKeyRecord[];
  /** Where the next page begins; undefined on the last page. */
  readonly next: KeyPlace | undefined;
}

/** Administers keys. Each change is atomic in the store, and is written to the audit trail afterwards. */
export interface KeyAdministration {
  /** Makes a key. Throws `InvalidInputError` with every violation. */
  create(input: NewApiKey, change: KeyChange): Promise<IssuedApiKey>;
  /** Throws `Rejection` (`api_key_not_found`). */
  find(id: string): Promise<ApiKeyRecord>;
  /** Returns the next `size` keys, 1 to 1000, after a place; with `activeAt` only keys that are active at that time, and then perhaps fewer. */
  page(after: KeyPlace | undefined, size: number, activeAt?: number): Promise<KeyPage>;
  /**
   * Gives a key a new secret by the rule of `rotateApiKey`, and throws its errors too. Throws `Rejection`: `api_key_not_found`, `etag_mismatch`, and
   * `last_admin_key` for a rotation without a grace period of the last active key with the scope `admin`, since a lost answer would leave the server
   * without an administrator.
   */
  rotate(id: string, graceMs: number, change: KeyChange): Promise<IssuedApiKey>;
  /** Revokes a key for ever; a revoked key does not change. Throws `Rejection`: `api_key_not_found`, `etag_mismatch`, `last_admin_key`. */
  revoke(id: string, change: KeyChange): Promise<{ readonly before: ApiKeyRecord; readonly record: ApiKeyRecord }>;
}

/** Makes the administration of the keys in a store. */
export function createKeyAdministration(keys: KeyStore, audit: Audit): KeyAdministration {
  async function find(id: string): Promise<ApiKeyRecord> {
    const record = await keys.find(id);
    if (record === undefined) throw notFound(id);
    return record;
  }

  /** Changes a key; `endsUse` says whether callers may lose access. */
  async function update(
    id: string,
    { now, etag = '' }: KeyChange,
    endsUse: boolean,
    change: (key: ApiKeyRecord) => ApiKeyRecord,
  ): Promise<ApiKeyRecord> {
    const checked = (key: ApiKeyRecord): ApiKeyRecord => {
      if (etag !== '' && etag !== etagOf(key)) throw new Rejection('etag_mismatch', { metadata: { name: nameOf(id) } });
      return change(key);
    };
    const found = await find(id);
    // The scopes of a key never change, and a revoked key stays revoked, so this decision still holds in the atomic step.
    const isAdmin = found.scopes.includes('admin') && apiKeyStatus(found, now) === 'active';
    if (!(isAdmin && endsUse)) return (await keys.update(id, checked)) ?? Promise.reject(notFound(id));
    const changed = await keys.updateWithOtherAdmin(id, checked, now);
    if (changed === 'last') throw new Rejection('last_admin_key', { metadata: { name: nameOf(id) } });
    return changed ?? Promise.reject(notFound(id));
  }

  return {
    async create(input, { actor, origin, now }) {
      const issued = issueApiKey(input, now);
      await keys.insert(issued.record);
      audit({ actor, event: 'key.created', ...origin, keyId: issued.record.id });
      return issued;
    },
    find,
    async page(after, size, activeAt) {
      const found: ApiKeyRecord[] = [];
      let last = after;
      for (let left = MOST_LOOKED_AT; left > 0; left -= READ_AT_ONCE) {
        const wanted = size - found.length;
        const limit = Math.min(wanted + 1, READ_AT_ONCE);
        const read = await keys.page(last, limit);
        for (const key of read) {
          if (activeAt !== undefined && apiKeyStatus(key, activeAt) !== 'active') last = key;
          else if (found.length === size) return { keys: found, next: last };
          else {
            found.push(key);
            last = key;
          }
        }
        if (read.length < limit) return { keys: found, next: undefined };
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      return { keys: found, next: last };
    },
    async rotate(id, graceMs, change) {
      let apiKey = '';
      const record = await update(id, change, graceMs === 0, (key) => {
        const issued = rotateApiKey(key, graceMs, change.now);
        apiKey = issued.apiKey;
        return issued.record;
      });
      audit({ actor: change.actor, event: 'key.rotated', ...change.origin, keyId: id });
      return { apiKey, record };
    },
    async revoke(id, change) {
      let before: ApiKeyRecord | undefined;
      const record = await update(id, change, true, (key) => {
        before = key;
        return revokeApiKey(key, change.now);
      });
      audit({ actor: change.actor, event: 'key.revoked', ...change.origin, keyId: id });
      return { before: before ?? record, record };
    },
  };
}

/** All keys in the order of their places, read in pages. */
export async function* eachKey(keys: Pick<KeyStore, 'page'>): AsyncGenerator<ApiKeyRecord, void> {
  let last: KeyPlace | undefined;
  for (;;) {
    const read = await keys.page(last, READ_AT_ONCE);
    yield* read;
    last = read.at(-1);
    if (read.length < READ_AT_ONCE) return;
  }
}

/** The resource name of a key. */
export function nameOf(id: string): string {
  return `apiKeys/${id}`;
}

/** Returns a digest of everything about a key that can change. The digests of its secrets stand for the secrets. A use does not change the etag. */
export function etagOf({ name, plan, scopes, expiresAt, revokedAt, secrets }: ApiKeyRecord): string {
  const secretsText = secrets.map(({ digest, expiresAt: end }) => [Buffer.from(digest).toString('base64'), end ?? null]);
  const text = JSON.stringify([name, plan, scopes, expiresAt ?? null, revokedAt ?? null, secretsText]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

function notFound(id: string): Rejection {
  return new Rejection('api_key_not_found', { metadata: { name: nameOf(id) } });
}
