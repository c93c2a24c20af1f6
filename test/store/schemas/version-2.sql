INSERT OR REPLACE INTO meta (key, value) VALUES ('keys_version', hex(randomblob(16)));
CREATE TRIGGER IF NOT EXISTS api_key_insert AFTER INSERT ON api_key BEGIN UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'keys_version'; END;
CREATE TRIGGER IF NOT EXISTS api_key_delete AFTER DELETE ON api_key BEGIN UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'keys_version'; END;
CREATE TRIGGER IF NOT EXISTS api_key_update AFTER UPDATE OF id, name, plan, scopes, created_at, expires_at, revoked_at ON api_key BEGIN UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'keys_version'; END;
CREATE TRIGGER IF NOT EXISTS api_key_secret_insert AFTER INSERT ON api_key_secret BEGIN UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'keys_version'; END;
CREATE TRIGGER IF NOT EXISTS api_key_secret_delete AFTER DELETE ON api_key_secret BEGIN UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'keys_version'; END;
CREATE TRIGGER IF NOT EXISTS api_key_secret_update AFTER UPDATE ON api_key_secret BEGIN UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'keys_version'; END;
