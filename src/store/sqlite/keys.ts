/**
 * API keys in SQLite: no cache, so that what another process changed is seen by the next look-up. Reading one takes microseconds; keys are changed
 * by commands and at the first start, never by a service at work.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type ApiKeyRecord, type ApiKeySecret, type KeyStore, knownScopes } from '../../ports/store.ts';
import { reporting, write } from './transaction.ts';

/** Each secret has a row: a key with its secrets is read in one statement, hence in one state. */
const SELECT = `
  SELECT id, name, plan, tenant, scopes, k.created_at, k.expires_at, revoked_at, last_used_at,
    digest, s.created_at AS secret_created_at, s.expires_at AS secret_expires_at
  FROM api_key AS k JOIN api_key_secret AS s ON s.key_id = k.id`;

/** An API key, by its id, and when it was last used, in ms since the epoch. */
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
}

/** The keys in a database of the present schema. */
export function createSqliteKeys(database: DatabaseSync): Omit<KeyStore, 'touch'> {
  const selectOne = database.prepare(`${SELECT} WHERE k.id = ? ORDER BY position`);
  // A single statement for any number of ids: with a parameter for each id, every number would need its own statement.
  const selectMany = database.prepare(`${SELECT} WHERE k.id IN (SELECT value FROM json_each(?)) ORDER BY k.rowid, position`);
  const selectAll = database.prepare(`${SELECT} ORDER BY k.created_at, k.rowid, position`);
  const selectVersion = database.prepare("SELECT value FROM meta WHERE key = 'keys_version'");
  const count = database.prepare('SELECT count(*) AS keys FROM api_key');
  const upsertKey = database.prepare(`
    INSERT INTO api_key (id, name, plan, tenant, scopes, created_at, expires_at, revoked_at, last_used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, plan = excluded.plan, scopes = excluded.scopes, created_at = excluded.created_at,
      expires_at = excluded.expires_at, revoked_at = excluded.revoked_at, last_used_at = excluded.last_used_at`);
  const deleteSecrets = database.prepare('DELETE FROM api_key_secret WHERE key_id = ?');
  const insertSecret = database.prepare(
    'INSERT INTO api_key_secret (key_id, position, digest, created_at, expires_at) VALUES (?, ?, ?, ?, ?)',
  );

  function put(key: ApiKeyRecord): void {
    upsertKey.run(...columnsOf(key));
    deleteSecrets.run(key.id);
    for (const [position, { digest, createdAt, expiresAt }] of key.secrets.entries())
      insertSecret.run(key.id, position, digest, createdAt, expiresAt ?? null);
  }

  function find(id: string): ApiKeyRecord | undefined {
    return recordsOf(rowsOf(selectOne, id))[0];
  }

  return {
    find: async (id) => reporting(() => find(id)),
    findMany: async (ids) => reporting(() => recordsOf(rowsOf(selectMany, JSON.stringify(ids)))),
    version: async () => String(reporting(() => selectVersion.get()?.['value'])),
    list: async () => reporting(() => recordsOf(rowsOf(selectAll))),
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
    update: (id, change) =>
      write(database, () => {
        const key = find(id);
        const changed = key && { ...change(key), tenant: key.tenant };
        if (changed !== undefined) put(changed);
        return changed;
      }),
  };
}

/** Makes what moves the times of last use forward in a database of the present schema; unknown ids are skipped. */
export function createKeyUses(database: DatabaseSync): (uses: readonly KeyUse[]) => void {
  const update = database.prepare('UPDATE api_key SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?');
  return (uses) => {
    for (const [id, usedAt] of uses) update.run(usedAt, id);
  };
}

function columnsOf(key: ApiKeyRecord): (string | number | null)[] {
  const { id, name, plan, tenant, scopes, createdAt, expiresAt, revokedAt, lastUsedAt } = key;
  return [id, name, plan, tenant, scopes.join(' '), createdAt, expiresAt ?? null, revokedAt ?? null, lastUsedAt ?? null];
}

/** The columns are typed by the schema, whose tables are STRICT. */
function rowsOf(statement: StatementSync, ...parameters: string[]): Row[] {
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
  return { digest: row.digest, createdAt: row.secret_created_at, expiresAt: row.secret_expires_at ?? undefined };
}
