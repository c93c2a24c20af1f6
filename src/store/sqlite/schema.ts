/** The tables of the SQLite file, as the steps that lead from each version to the next. */

/** Marks a file as ours in SQLite's header: `otpd` in ASCII. */
export const APPLICATION_ID = 0x6f747064;

const PREFIX_LENGTH = 8;
/** Earlier versions kept a used step for a day longer than its code could match: 29 days more make the 30 of today, in ms. */
const FORMER_KEPT_LONGER_MS = 2_505_600_000;

/** The key in `meta` of the version that the file was brought to: programs of versions before the fourth may set `user_version` back. */
export const SCHEMA_KEY = 'schema';

/** A step for each version, from an empty file on. Steps that were released are never changed, only followed by others. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE api_key (
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    plan TEXT NOT NULL,
    scopes TEXT NOT NULL, -- separated by spaces
    created_at INTEGER NOT NULL, -- all times in ms since the epoch
    expires_at INTEGER,
    revoked_at INTEGER,
    last_used_at INTEGER
  ) STRICT;
  CREATE TABLE api_key_secret (
    key_id TEXT NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, -- 0 is the newest
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (key_id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE code_state (
    fingerprint TEXT PRIMARY KEY,
    last_step INTEGER,
    failures INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    expires_at INTEGER -- null: never
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX code_state_expiry ON code_state (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE answer (
    request_id TEXT PRIMARY KEY,
    payload TEXT NOT NULL, -- a digest
    outcome TEXT NOT NULL,
    step INTEGER,
    drift INTEGER NOT NULL,
    attempts_remaining INTEGER NOT NULL,
    retry_after_ms INTEGER,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answer_expiry ON answer (expires_at);
  CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  versionedKeys(),
  rowsInOrderOfComing(),
  oneStatePerSecret(),
];

/**
 * The version of the API keys, a random text: a counter would come to the same number again after a backup was restored. It is changed by the
 * tables themselves, so that no program, and no operator with `sqlite3`, changes a key without it. All of it may be run again: a program of
 * the first version that was at work meanwhile may have set `user_version` back.
 */
function versionedKeys(): string {
  const first = "INSERT OR REPLACE INTO meta (key, value) VALUES ('keys_version', hex(randomblob(16)))";
  // Not a replacing insert: in a trigger, SQLite resolves conflicts as the statement says that fired it.
  const next = "UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'keys_version'";
  const changesOf = {
    api_key: ['INSERT', 'DELETE', 'UPDATE OF id, name, plan, scopes, created_at, expires_at, revoked_at'],
    api_key_secret: ['INSERT', 'DELETE', 'UPDATE'],
  };
  const triggers = Object.entries(changesOf).flatMap(([table, changes]) =>
    changes.map((change) => {
      const name = `${table}_${change.slice(0, 6).toLowerCase()}`;
      return `CREATE TRIGGER IF NOT EXISTS ${name} AFTER ${change} ON ${table} BEGIN ${next}; END;`;
    }),
  );
  return [`${first};`, ...triggers].join('\n');
}

/** The tables whose rows are found by the places of `places.ts`. */
export type PlacedTable = 'otp_state' | 'otp_answer';

/** The prefix that stands for a name in the index: 48 bits of a digest, enough that few rows share them. */
export function prefixOf(name: string): string {
  return name.slice(0, PREFIX_LENGTH);
}

/** Puts every row into the index: for many rows at once. */
export function settleAll(table: PlacedTable): string {
  return `
  INSERT OR IGNORE INTO ${table}_place (prefix, id) SELECT substr(name, 1, ${PREFIX_LENGTH}) AS prefix, id FROM ${table} ORDER BY prefix, id;
  INSERT OR REPLACE INTO meta (key, value) SELECT '${table}_settled', coalesce(max(id), 0) FROM ${table};`;
}

/**
 * States and answers in the order of coming, found by digests (`places.ts`). May be run again, as the step before: by then the old
 * tables are gone, and what a program of an older version wanted to write to them was refused.
 */
function rowsInOrderOfComing(): string {
  return `
  CREATE TABLE IF NOT EXISTS otp_state (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice
    name TEXT NOT NULL, -- the fingerprint
    last_step INTEGER,
    failures INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    expires_at INTEGER -- null: never
  ) STRICT;
  CREATE INDEX IF NOT EXISTS otp_state_expiry ON otp_state (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS otp_answer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL, -- a digest of the request id
    payload TEXT NOT NULL, -- a digest
    outcome TEXT NOT NULL,
    step INTEGER,
    drift INTEGER NOT NULL,
    attempts_remaining INTEGER NOT NULL,
    retry_after_ms INTEGER,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS otp_answer_expiry ON otp_answer (expires_at);
  ${['otp_state', 'otp_answer'].map(placeTable).join('')}
  CREATE TABLE IF NOT EXISTS code_state (fingerprint, last_step, failures, locked_until, expires_at);
  INSERT INTO otp_state (name, last_step, failures, locked_until, expires_at)
    SELECT fingerprint, last_step, failures, locked_until, expires_at FROM code_state ORDER BY expires_at;
  DROP TABLE code_state;
  DROP TABLE IF EXISTS answer; -- the step to the fourth version gives answers other names
  ${settleAll('otp_state')}
  ${settleAll('otp_answer')}`;
}

/**
 * Each secret has one state, with tracks. Former states have names that cannot be told from the names of secrets, and stay in a table of their own
 * until their key is next used. A program of an earlier version, which names a column that is gone, is refused from then on. Rows are deleted, not
 * their table: such a program may still write how far it has come in the index, so that a number of a row must never come again.
 */
function oneStatePerSecret(): string {
  return `
  CREATE TABLE former_state (
    name TEXT PRIMARY KEY, -- the fingerprint of a secret with its type, algorithm and period
    last_step INTEGER,
    failures INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    expires_at INTEGER -- null: never
  ) STRICT, WITHOUT ROWID;
  INSERT INTO former_state (name, last_step, failures, locked_until, expires_at)
    SELECT name, last_step, failures, locked_until, expires_at + ${FORMER_KEPT_LONGER_MS} FROM otp_state ORDER BY name;
  CREATE INDEX former_state_expiry ON former_state (expires_at) WHERE expires_at IS NOT NULL;
  DELETE FROM otp_state;
  DELETE FROM otp_state_place;
  ALTER TABLE otp_state DROP COLUMN last_step;
  ALTER TABLE otp_state ADD COLUMN tracks TEXT NOT NULL DEFAULT '-'; -- as track-text.ts has them
  DELETE FROM otp_answer; -- kept for a day, under request ids that did not belong to a secret
  DELETE FROM otp_answer_place;`;
}

function placeTable(table: string): string {
  return `
  CREATE TABLE IF NOT EXISTS ${table}_place (
    prefix TEXT NOT NULL, -- of the name
    id INTEGER NOT NULL, -- of the row, which may be gone
    PRIMARY KEY (prefix, id)
  ) STRICT, WITHOUT ROWID;`;
}

/** The version that this program writes, kept in the file as `user_version`. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;
