/** The SQLite store keeps the contract for recovery codes, and deletes expired rows from the file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import { FAILURES_KEPT_MS } from '../../src/verification/rules.ts';
import { START } from '../auth/fixtures.ts';
import { openPatientStore } from '../support/patient-store.ts';
import { recoveryContract, useAll, useOf } from './recovery-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'otpd-recovery-'));
afterAll(() => rmSync(folder, { recursive: true }));

recoveryContract('SQLite', () => openPatientStore(join(folder, 'contract', 'otpd.db')));

it('SQLite forgets in small steps the failures and answers that have expired, and no used code', async () => {
  const file = join(folder, 'swept', 'otpd.db');
  const store = openPatientStore(file);
  await store.ping();
  const database = new DatabaseSync(file);
  const count = () => {
    const rows = database.prepare(
      'SELECT (SELECT count(*) FROM recovery_set) AS sets, (SELECT count(*) FROM recovery_answer) AS answers',
    );
    return { ...rows.get() };
  };
  const request = { id: 'request', payload: 'payload' };
  const wrong = Array.from({ length: 50 }, (_, place) => useOf({ set: `wrong-${place}`, code: undefined, request }));
  await useAll(store.recovery, [useOf({ set: 'used' }), ...wrong], START);
  expect(count()).toEqual({ sets: 51, answers: 50 });
  for (let turn = 0; turn < 25; turn += 1) await store.recovery.use(useOf({ set: 'used' }), START + FAILURES_KEPT_MS);
  expect(count()).toEqual({ sets: 1, answers: 0 });
  expect(await store.recovery.use(useOf({ set: 'used' }), START + FAILURES_KEPT_MS)).toMatchObject({ outcome: 'replayed' });
  database.close();
  await store.close();
});

it('SQLite keeps used codes and revocations when the file is opened again', async () => {
  const file = join(folder, 'again', 'otpd.db');
  const first = openPatientStore(file);
  await first.ping();
  await first.recovery.use(useOf({ set: 'used' }), START);
  await first.recovery.revoke('revoked', START);
  await first.close();
  const second = openPatientStore(file);
  await second.ping();
  expect(await second.recovery.use(useOf({ set: 'used' }), START)).toMatchObject({ outcome: 'replayed', remainingCount: 9 });
  expect(await second.recovery.use(useOf({ set: 'revoked' }), START)).toMatchObject({ outcome: 'replayed', remainingCount: 0 });
  await second.close();
});
