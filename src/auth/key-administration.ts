/** The administration of API keys: what operators do to them, by the command line and by the API alike, and the trail of it. */
import { createHash } from 'node:crypto';
import type { Actor, Audit, CallOrigin } from '../ports/audit.ts';
import { Rejection } from '../ports/rejection.ts';
import type { ApiKeyRecord, KeyPlace, KeyStore } from '../ports/store.ts';
import { apiKeyStatus, type IssuedApiKey, issueApiKey, type NewApiKey, revokeApiKey, rotateApiKey } from './api-key.ts';

/** Keys that are read in one step: well below a millisecond of the event loop. */
const READ_AT_ONCE = 100;
/** Keys that are looked at for one page: where most are revoked, a page may be short. */
const MOST_LOOKED_AT = 5000;

/** Who changes a key, when, and on what condition. */
export interface KeyChange {
  readonly actor: Actor;
  /** The call that asks for it; undefined at the command line. */
  readonly origin?: CallOrigin | undefined;
  /** In ms since the epoch. */
  readonly now: number;
  /** The etag that the key must have; undefined or empty: any. */
  readonly etag?: string | undefined;
}

/** A page of keys. */
export interface KeyPage {
  readonly keys: readonly ApiKeyRecord[];
  /** Where the next page goes on; undefined on the last one. */
  readonly next: KeyPlace | undefined;
}

/** Each change is atomic in the store, and is written to the audit trail once it is made. */
export interface KeyAdministration {
  /** Makes a key. Throws `InvalidInputError` with every violation. */
  create(input: NewApiKey, change: KeyChange): Promise<IssuedApiKey>;
  /** Throws `Rejection` (`api_key_not_found`). */
  find(id: string): Promise<ApiKeyRecord>;
  /** The next `size` keys, 1 to 1000, after a place; with `activeAt` only keys that are active at this moment, and then perhaps fewer. */
  page(after: KeyPlace | undefined, size: number, activeAt?: number): Promise<KeyPage>;
  /**
   * Gives a key a new secret by the rule of `rotateApiKey`, whose errors it throws too. Throws `Rejection`: `api_key_not_found`, `etag_mismatch`, and
   * `last_admin_key` without a grace for the last active key with the scope `admin`: if the answer were lost, nobody could administer.
   */
  rotate(id: string, graceMs: number, change: KeyChange): Promise<IssuedApiKey>;
  /** Ends a key for good; one that has ended stays as it is. Throws `Rejection`: `api_key_not_found`, `etag_mismatch`, `last_admin_key`. */
  revoke(id: string, change: KeyChange): Promise<{ readonly before: ApiKeyRecord; readonly record: ApiKeyRecord }>;
}

/** Makes the administration of the keys in a store. */
export function createKeyAdministration(keys: KeyStore, audit: Audit): KeyAdministration {
  async function find(id: string): Promise<ApiKeyRecord> {
    const record = await keys.find(id);
    if (record === undefined) throw notFound(id);
    return record;
  }

  /** Changes a key; `endsUse` says whether those who use it now can no longer do so. */
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
    // The scopes of a key never change, and a key that has ended stays so: nothing is decided here that could be otherwise in the step itself.
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

/** A digest of all that can be changed of a key: its digests too, which have 256 random bits behind them. Uses leave it as it is. */
export function etagOf({ name, plan, scopes, expiresAt, revokedAt, secrets }: ApiKeyRecord): string {
  const secretsText = secrets.map(({ digest, expiresAt: end }) => [Buffer.from(digest).toString('base64'), end ?? null]);
  const text = JSON.stringify([name, plan, scopes, expiresAt ?? null, revokedAt ?? null, secretsText]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

function notFound(id: string): Rejection {
  return new Rejection('api_key_not_found', { metadata: { name: nameOf(id) } });
}
