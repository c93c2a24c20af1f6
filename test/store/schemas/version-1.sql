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
