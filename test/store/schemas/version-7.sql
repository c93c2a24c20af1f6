ALTER TABLE api_key_secret ADD COLUMN awaits_use INTEGER NOT NULL DEFAULT 0; 
  CREATE INDEX api_key_place ON api_key (created_at, id);
  CREATE INDEX api_key_admin ON api_key (id) WHERE instr(' ' || scopes || ' ', ' admin ') > 0; DROP TRIGGER api_key_secret_update; CREATE TRIGGER api_key_secret_update AFTER UPDATE OF key_id, position, digest, created_at, expires_at ON api_key_secret BEGIN UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'keys_version'; END;
