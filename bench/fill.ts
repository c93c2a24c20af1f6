/** Puts many rows into the embedded store of a server that does not run yet, by its own schema. */
import { DatabaseSync } from 'node:sqlite';
import { issueApiKey } from '../src/policy/api-keys.ts';
import { FAILURES_KEPT_MS } from '../src/policy/judge.ts';
import { databaseFile } from '../src/store/open.ts';

/** API keys of the plan with windows; they alone are known to the caller. */
export function fillKeys(dataDir: string, count: number): string[] {
  const now = Date.now();
  const issued = Array.from({ length: count }, (_, i) =>
    issueApiKey({ name: `bench ${i}`, plan: 'plenty', scopes: ['generate', 'token', 'verify'] }, now),
  );
  transaction(dataDir, (database) => {
    const key = database.prepare('INSERT INTO api_key (id, name, plan, scopes, created_at) VALUES (?, ?, ?, ?, ?)');
    const secret = database.prepare('INSERT INTO api_key_secret (key_id, position, digest, created_at) VALUES (?, 0, ?, ?)');
    for (const { record } of issued) {
      key.run(record.id, record.name, record.plan, record.scopes.join(' '), now);
      for (const { digest } of record.secrets) secret.run(record.id, digest, now);
    }
  });
  return issued.map(({ apiKey }) => apiKey);
}

/** Secrets that were seen with one wrong code each; their fingerprints are as long and as random as real ones. */
export function fillSecrets(dataDir: string, count: number): void {
  transaction(dataDir, (database) => {
    database
      .prepare(`
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        INSERT INTO code_state (fingerprint, failures, locked_until, expires_at)
        SELECT substr(hex(randomblob(16)), 1, 22), 1, 0, ? + i FROM n`)
      .run(count, Date.now() + FAILURES_KEPT_MS);
  });
}

function transaction(dataDir: string, write: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(databaseFile(dataDir));
  database.exec('BEGIN');
  write(database);
  database.exec('COMMIT');
  database.close();
}
