/** Puts many rows into the embedded store of a server that does not run yet, by its own schema. */
import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { issueApiKey } from '../src/auth/api-key.ts';
import { databaseFile } from '../src/store/open.ts';
import { textOfAnswer } from '../src/store/sqlite/answer-text.ts';
import { ANSWER_KEPT_MS, FAILURES_KEPT_MS } from '../src/verification/rules.ts';

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

/** Secrets that were seen with one wrong code each; with `answered`, each under a request id. */
export function fillSecrets(dataDir: string, count: number, { answered = false }: { readonly answered?: boolean } = {}): void {
  const now = Date.now();
  transaction(dataDir, (database) => {
    const state = database.prepare(
      "INSERT INTO otp_state (name, failures, locked_until, expires_at, tracks, answer) VALUES (?, 1, 0, ?, '-', ?)",
    );
    for (let i = 0; i < count; i += 1)
      state.run(name(), now + FAILURES_KEPT_MS + i, answered ? answer(now + ANSWER_KEPT_MS + i) : null);
  });
}

function answer(expiresAt: number): string {
  const judgement = { outcome: 'mismatch', step: undefined, drift: 0, attemptsRemaining: 4, retryAfterMs: undefined } as const;
  return textOfAnswer({ name: name(), payload: randomBytes(32).toString('base64url'), judgement, expiresAt });
}

/** As long and as random as the real ones. */
function name(): string {
  return randomBytes(16).toString('base64url');
}

function transaction(dataDir: string, write: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(databaseFile(dataDir));
  // The index of a million random names, in KiB: with the 2 MB of a default every row would read and write a page of it.
  database.exec('PRAGMA cache_size = -262144; BEGIN');
  write(database);
  database.exec('COMMIT');
  database.close();
}
