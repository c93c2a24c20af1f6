CREATE TABLE former_state (
  name TEXT PRIMARY KEY, -- the fingerprint of a secret with its type, algorithm and period
  last_step INTEGER,
  failures INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  expires_at INTEGER -- null: never
) STRICT, WITHOUT ROWID;
INSERT INTO former_state (name, last_step, failures, locked_until, expires_at)
  SELECT name, last_step, failures, locked_until, expires_at + 2505600000 FROM otp_state ORDER BY name;
CREATE INDEX former_state_expiry ON former_state (expires_at) WHERE expires_at IS NOT NULL;
DELETE FROM otp_state;
DELETE FROM otp_state_place;
ALTER TABLE otp_state DROP COLUMN last_step;
ALTER TABLE otp_state ADD COLUMN tracks TEXT NOT NULL DEFAULT '-'; -- as track-text.ts has them
DELETE FROM otp_answer; -- kept for a day, under request ids that did not belong to a secret
DELETE FROM otp_answer_place;
