/**
 * API keys in SQLite, without a cache, so that the next look-up sees the changes of other processes. To read a key takes microseconds.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type ApiKeyRecord, type ApiKeySecret, type KeyStore, knownScopes } from '../../ports/store.ts';
import { IS_ADMIN } from './schema.ts';
import { reporting, write } from './transaction.ts';

/** Reads a key with its secrets in one statement, and so at one moment: a row for each secret. */
const SELECT = `
  SELECT id, name, plan, tenant, scopes, k.created_at, k.expires_at, revoked_at, last_used_at,
    digest, s.created_at AS secret_created_at, s.expires_at AS secret_expires_at, awaits_use
  FROM api_key AS k JOIN api_key_secret AS s ON s.key_id = k.id`;

/** The comparison of row values lets SQLite find the first key of the page through the index `api_key_place`. */
const PAGE = `${SELECT.replace(
  'FROM api_key AS k',
  'FROM (SELECT * FROM api_key WHERE (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?) AS k',
)} ORDER BY k.created_at, k.id, position`;

/** Repeats the condition of the index `api_key_admin`, so that SQLite uses the index. */
const OTHER_ADMIN = `SELECT 1 FROM api_key WHERE ${IS_ADMIN} AND id <> ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?) LIMIT 1`;

/** The operations that the main thread carries out on its own connection. */
export type SqliteKeys = Omit<KeyStore, 'touch' | 'noteUse'>;

/** The id of an API key, and the time of its last use in ms since the epoch. */
export type KeyUse = readonly [id: string, usedAt: number];

interface Row {
  readonly id: string;
  readonly name: string;
  readonly plan: string;
  readonly tenant: string;
  readonly scopes: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly last_used_at: number | null;
  readonly digest: Uint8Array;
  readonly secret_created_at: number;
  readonly secret_expires_at: number | null;
  readonly awaits_use: number;
}

/** Makes the key store over a database of the present schema. */
export function createSqliteKeys(database: DatabaseSync): SqliteKeys {
  const selectOne = database.prepare(`${SELECT} WHERE k.id = ? ORDER BY position`);
  // JSON lets one prepared statement serve any number of ids.
  const selectMany = database.prepare(`${SELECT} WHERE k.id IN (SELECT value FROM json_each(?)) ORDER BY k.rowid, position`);
  const selectPage = database.prepare(PAGE);
  const selectOtherAdmin = database.prepare(OTHER_ADMIN);
  const selectVersion = database.prepare("SELECT value FROM meta WHERE key = 'keys_version'");
  const count = database.prepare('SELECT count(*) AS keys FROM api_key');
  const upsertKey = database.prepare(`
    INSERT INTO api_key (id, name, plan, tenant, scopes, created_at, expires_at, revoked_at, last_used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, plan = excluded.plan, scopes = excluded.scopes, created_at = excluded.created_at,
      expires_at = excluded.expires_at, revoked_at = excluded.revoked_at, last_used_at = excluded.last_used_at`);
  const deleteSecrets = database.prepare('DELETE FROM api_key_secret WHERE key_id = ?');
  const insertSecret = database.prepare(
    'INSERT INTO api_key_secret (key_id, position, digest, created_at, expires_at, awaits_use) VALUES (?, ?, ?, ?, ?, ?)',
  );

  function put(key: ApiKeyRecord): void {
    upsertKey.run(...columnsOf(key));
    deleteSecrets.run(key.id);
    for (const [position, { digest, createdAt, expiresAt, awaitsUse }] of key.secrets.entries())
      insertSecret.run(key.id, position, digest, createdAt, expiresAt ?? null, Number(awaitsUse));
  }

  function find(id: string): ApiKeyRecord | undefined {
    return recordsOf(rowsOf(selectOne, id))[0];
  }

  function replace(id: string, change: (key: ApiKeyRecord) => ApiKeyRecord): ApiKeyRecord | undefined {
    const key = find(id);
    const changed = key && { ...change(key), tenant: key.tenant };
    if (changed !== undefined) put(changed);
    return changed;
  }

  return {
    find: async (id) => reporting(() => find(id)),
    findMany: async (ids) => reporting(() => recordsOf(rowsOf(selectMany, JSON.stringify(ids)))),
    version: async () => String(reporting(() => selectVersion.get()?.['value'])),
    page: async (after, limit) => reporting(() => recordsOf(rowsOf(selectPage, after?.createdAt ?? -1, after?.id ?? '', limit))),
    insert: (key) =>
      write(database, () => {
        if (find(key.id) !== undefined) throw new Error('an API key with this id exists');
        put(key);
      }),
    insertFirst: (key) =>
      write(database, () => {
        const isFirst = count.get()?.['keys'] === 0;
        if (isFirst) put(key);
        return isFirst;
      }),
    update: (id, change) => write(database, () => replace(id, change)),
    updateWithOtherAdmin: (id, change, now) =>
      write(database, () => (selectOtherAdmin.get(id, now) === undefined ? 'last' : replace(id, change))),
  };
}

/** Makes the function that moves times of last use forward. It skips unknown ids. */
export function createKeyUses(database: DatabaseSync): (uses: readonly KeyUse[]) => void {
  const update = database.prepare('UPDATE api_key SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?');
  return (uses) => {
    for (const [id, usedAt] of uses) update.run(usedAt, id);
  };
}

/** Makes the function that records the first use of a secret. */
export function createSecretUses(database: DatabaseSync): (id: string, digest: Uint8Array) => void {
  const update = database.prepare('UPDATE api_key_secret SET awaits_use = 0 WHERE key_id = ? AND digest = ?');
  return (id, digest) => void update.run(id, digest);
}

function columnsOf(key: ApiKeyRecord): (string | number | null)[] {
  const { id, name, plan, tenant, scopes, createdAt, expiresAt, revokedAt, lastUsedAt } = key;
  return [id, name, plan, tenant, scopes.join(' '), createdAt, expiresAt ?? null, revokedAt ?? null, lastUsedAt ?? null];
}

/** The STRICT tables of the schema guarantee the types of the columns. */
function rowsOf(statement: StatementSync, ...parameters: (string | number)[]): Row[] {
  return statement.all(...parameters) as object[] as Row[];
}

function recordsOf(rows: readonly Row[]): ApiKeyRecord[] {
  return [...Map.groupBy(rows, (row) => row.id).values()].flatMap((ofOneKey) => {
    const [key] = ofOneKey;
    return key === undefined ? [] : [recordOf(key, ofOneKey.map(secretOf))];
  });
}

function recordOf(row: Row, secrets: readonly ApiKeySecret[]): ApiKeyRecord {
  return {
    id: row.id,
    name: row.name,
    plan: row.plan,
    tenant: row.tenant,
    scopes: knownScopes(row.scopes.split(' ')),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    secrets,
  };
}

function secretOf(row: Row): ApiKeySecret {
  return {
    digest: row.digest,
    createdAt: row.secret_created_at,
    expiresAt: row.secret_expires_at ?? undefined,
    awaitsUse: row.awaits_use === 1,
  };
}
