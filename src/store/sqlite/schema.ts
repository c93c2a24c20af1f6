/** The tables of the SQLite file, and the migration from earlier versions. */

/** Marks a file as a database of otpd, in SQLite's header: `otpd` in ASCII. */
export const APPLICATION_ID = 0x6f747064;
/** The schema version that this program writes to `user_version`; an empty file has version zero. */
export const SCHEMA_VERSION = 7;

/** Versions before 4 kept a used step for one day after its code could last match. The present version keeps it for 30 days: 29 more, in ms. */
const FORMER_KEPT_LONGER_MS = 2_505_600_000;

/** Whether a row of `api_key` has the scope `admin`. */
export const IS_ADMIN = "instr(' ' || scopes || ' ', ' admin ') > 0";

/** 1 for a secret from a rotation that no call has used yet. */
const AWAITS_USE = 'awaits_use INTEGER NOT NULL DEFAULT 0';

const TENANT = "tenant TEXT NOT NULL DEFAULT 'default'";

const API_KEYS = `
  CREATE TABLE api_key (
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    plan TEXT NOT NULL,
    scopes TEXT NOT NULL, -- separated by spaces
    created_at INTEGER NOT NULL, -- all times in ms since the epoch
    expires_at INTEGER,
    revoked_at INTEGER,
    last_used_at INTEGER,
    ${TENANT}
  ) STRICT;
  CREATE TABLE api_key_secret (
    key_id TEXT NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, -- 0 is the newest
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    ${AWAITS_USE},
    PRIMARY KEY (key_id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;`;

const KEY_INDEXES = `
  CREATE INDEX api_key_place ON api_key (created_at, id);
  CREATE INDEX api_key_admin ON api_key (id) WHERE ${IS_ADMIN};`;

/**
 * The newest answer to a request id of the secret, in the form of answer-text.ts; null if the secret has no answer, or `otp_answer` has it. Files of version 7
 * may lack this column, so every migration ends with this step. An earlier otpd with schema 7 can use the file, but does not read these answers.
 */
const ANSWER_OF_STATE = 'ALTER TABLE otp_state ADD COLUMN answer TEXT;';

/**
 * The index of names guarantees one row for each name. SQLite appends the rows in order, and writes only this index at random places. With
 * WITHOUT ROWID it would write whole rows at random places, and a judgement would take 1.5 times as long.
 */
const CODES = `
  CREATE TABLE otp_state (
    name TEXT NOT NULL UNIQUE, -- the fingerprint
    failures INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    expires_at INTEGER, -- null: never
    tracks TEXT NOT NULL -- as track-text.ts has them
  ) STRICT;
  CREATE INDEX otp_state_expiry ON otp_state (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE otp_answer (
    name TEXT NOT NULL UNIQUE, -- of a fingerprint and a request id
    payload TEXT NOT NULL, -- a digest
    outcome TEXT NOT NULL,
    step INTEGER,
    drift INTEGER NOT NULL,
    attempts_remaining INTEGER NOT NULL,
    retry_after_ms INTEGER,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX otp_answer_expiry ON otp_answer (expires_at);
  CREATE TABLE IF NOT EXISTS former_state (
    name TEXT PRIMARY KEY, -- the fingerprint of a secret with its type, algorithm and period
    last_step INTEGER,
    failures INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    expires_at INTEGER -- null: never
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS former_state_expiry ON former_state (expires_at) WHERE expires_at IS NOT NULL;`;

const RECOVERY = `
  CREATE TABLE recovery_set (
    name TEXT NOT NULL UNIQUE,
    used INTEGER NOT NULL, -- bits
    revoked INTEGER NOT NULL, -- 0 or 1
    failures INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    expires_at INTEGER -- null: never
  ) STRICT;
  CREATE INDEX recovery_set_expiry ON recovery_set (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE recovery_answer (
    name TEXT NOT NULL UNIQUE, -- of a set and a request id
    payload TEXT NOT NULL, -- a digest
    outcome TEXT NOT NULL,
    remaining_count INTEGER NOT NULL,
    attempts_remaining INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX recovery_answer_expiry ON recovery_answer (expires_at);`;

/**
 * Returns the SQL that migrates a file of a `version`, or an empty file (0), to the present schema: also a file of the present version that lacks
 * `otp_state.answer`. Run it in one transaction.
 */
export function migrationFrom(version: number): string {
  return `${tablesFrom(version)} ${ANSWER_OF_STATE}`;
}

function tablesFrom(version: number): string {
  if (version === SCHEMA_VERSION) return '';
  if (version === 0) return API_KEYS + KEY_INDEXES + CODES + RECOVERY + versionedKeys();
  const secrets = `ALTER TABLE api_key_secret ADD COLUMN ${AWAITS_USE}; ${KEY_INDEXES}`;
  const ofSecrets = `DROP TRIGGER api_key_secret_update; ${onChange(SECRET_UPDATE)}`;
  if (version === 6) return `${secrets} ${ofSecrets}`;
  // The tables of API keys and `meta` have kept their names. Version 1 had no `keys_version`; versions before 6 had no tenants.
  const versions = version === 1 ? versionedKeys() : `DROP TRIGGER api_key_update; ${onChange(KEY_UPDATE)} ${ofSecrets}`;
  return `${codesFrom(version)} ${RECOVERY} ALTER TABLE api_key ADD COLUMN ${TENANT}; ${secrets} ${versions}`;
}

function codesFrom(version: number): string {
  if (version === 5) return '';
  if (version < 3) return `${CODES}${formerFrom('code_state', 'fingerprint')} DROP TABLE code_state; DROP TABLE answer;`;
  const old = `
  DROP INDEX otp_state_expiry;
  DROP INDEX otp_answer_expiry;
  DROP TABLE otp_state_place;
  DROP TABLE otp_answer_place;
  ALTER TABLE otp_state RENAME TO old_state;
  ALTER TABLE otp_answer RENAME TO old_answer;`;
  // Before version 4, request ids did not belong to a secret. The names of their answers have another meaning, so these answers are dropped.
  const taken = version === 3 ? formerFrom('old_state', 'name') : STATES_AND_ANSWERS;
  return `${old}${CODES}${taken}
  DROP TABLE old_state;
  DROP TABLE old_answer;
  DELETE FROM meta WHERE key IN ('schema', 'otp_state_settled', 'otp_answer_settled');`;
}

const STATES_AND_ANSWERS = `
  INSERT INTO otp_state (name, failures, locked_until, expires_at, tracks)
    SELECT name, failures, locked_until, expires_at, tracks FROM old_state ORDER BY id;
  INSERT INTO otp_answer (name, payload, outcome, step, drift, attempts_remaining, retry_after_ms, expires_at)
    SELECT name, payload, outcome, step, drift, attempts_remaining, retry_after_ms, expires_at FROM old_answer ORDER BY id;`;

/** Moves states of a secret with its type, algorithm and period to their own table, since their names look like those of secrets alone. */
function formerFrom(table: string, name: string): string {
  return `
  INSERT INTO former_state (name, last_step, failures, locked_until, expires_at)
    SELECT ${name}, last_step, failures, locked_until, expires_at + ${FORMER_KEPT_LONGER_MS} FROM ${table} ORDER BY ${name};`;
}

/**
 * Returns the SQL for the version of the API keys, a random text. A counter would repeat numbers after a backup is restored. Triggers change the
 * version, so that a change to a key by any program, even `sqlite3`, changes it too.
 */
function versionedKeys(): string {
  const first = "INSERT INTO meta (key, value) VALUES ('keys_version', hex(randomblob(16)))";
  const changes = ['INSERT ON api_key', 'DELETE ON api_key', KEY_UPDATE];
  const ofSecrets = ['INSERT ON api_key_secret', 'DELETE ON api_key_secret', SECRET_UPDATE];
  return [`${first};`, ...[...changes, ...ofSecrets].map(onChange)].join('\n');
}

const KEY_UPDATE = 'UPDATE OF id, name, plan, scopes, created_at, expires_at, revoked_at, tenant ON api_key';

/** All columns except `awaits_use`, which does not affect whether a call is admitted. */
const SECRET_UPDATE = 'UPDATE OF key_id, position, digest, created_at, expires_at ON api_key_secret';

/** Returns the SQL for a trigger that changes the version of the keys. Its name consists of the table and the kind of change. */
function onChange(change: string): string {
  const name = `${change.split(' ON ')[1]}_${change.slice(0, 6).toLowerCase()}`;
  // An UPDATE instead of INSERT OR REPLACE: in a trigger, the conflict clause of the statement that fires it takes precedence.
  const next = "UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'keys_version'";
  return `CREATE TRIGGER ${name} AFTER ${change} BEGIN ${next}; END;`;
}
