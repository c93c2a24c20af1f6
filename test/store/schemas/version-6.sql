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
CREATE INDEX recovery_answer_expiry ON recovery_answer (expires_at); ALTER TABLE api_key ADD COLUMN tenant TEXT NOT NULL DEFAULT 'default'; DROP TRIGGER api_key_update; CREATE TRIGGER api_key_update AFTER UPDATE OF id, name, plan, scopes, created_at, expires_at, revoked_at, tenant ON api_key BEGIN UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'keys_version'; END;
