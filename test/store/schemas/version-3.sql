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

CREATE TABLE IF NOT EXISTS otp_state_place (
  prefix TEXT NOT NULL, -- of the name
  id INTEGER NOT NULL, -- of the row, which may be gone
  PRIMARY KEY (prefix, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS otp_answer_place (
  prefix TEXT NOT NULL, -- of the name
  id INTEGER NOT NULL, -- of the row, which may be gone
  PRIMARY KEY (prefix, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS code_state (fingerprint, last_step, failures, locked_until, expires_at);
INSERT INTO otp_state (name, last_step, failures, locked_until, expires_at)
  SELECT fingerprint, last_step, failures, locked_until, expires_at FROM code_state ORDER BY expires_at;
DROP TABLE code_state;
DROP TABLE IF EXISTS answer; -- the step to the fourth version gives answers other names

INSERT OR IGNORE INTO otp_state_place (prefix, id) SELECT substr(name, 1, 8) AS prefix, id FROM otp_state ORDER BY prefix, id;
INSERT OR REPLACE INTO meta (key, value) SELECT 'otp_state_settled', coalesce(max(id), 0) FROM otp_state;

INSERT OR IGNORE INTO otp_answer_place (prefix, id) SELECT substr(name, 1, 8) AS prefix, id FROM otp_answer ORDER BY prefix, id;
INSERT OR REPLACE INTO meta (key, value) SELECT 'otp_answer_settled', coalesce(max(id), 0) FROM otp_answer;
