/** The tables of the SQLite file, as the steps that lead from each version to the next. */

/** Marks a file as ours in SQLite's header: `otpd` in ASCII. */
export const APPLICATION_ID = 0x6f747064;

/** One step a version, from an empty file on. Steps that were released are never changed, only followed by others. */
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

/** The version that this program writes, kept in the file as `user_version`. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;
