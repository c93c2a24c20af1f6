DROP INDEX otp_state_expiry;
DROP INDEX otp_answer_expiry;
DROP TABLE otp_state_place;
DROP TABLE otp_answer_place;
ALTER TABLE otp_state RENAME TO old_state;
ALTER TABLE otp_answer RENAME TO old_answer;
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
CREATE INDEX IF NOT EXISTS former_state_expiry ON former_state (expires_at) WHERE expires_at IS NOT NULL;
INSERT INTO otp_state (name, failures, locked_until, expires_at, tracks)
  SELECT name, failures, locked_until, expires_at, tracks FROM old_state ORDER BY id;
INSERT INTO otp_answer (name, payload, outcome, step, drift, attempts_remaining, retry_after_ms, expires_at)
  SELECT name, payload, outcome, step, drift, attempts_remaining, retry_after_ms, expires_at FROM old_answer ORDER BY id;
DROP TABLE old_state;
DROP TABLE old_answer;
DELETE FROM meta WHERE key IN ('schema', 'otp_state_settled', 'otp_answer_settled');
