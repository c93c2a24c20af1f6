/** The SQLite store keeps the contract for codes, also between processes and after a kill, and does not block the main thread. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import type { Attempt } from '../../src/ports/codes.ts';
import { type Store, StoreUnavailableError } from '../../src/ports/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { FAILURES_KEPT_MS } from '../../src/verification/rules.ts';
import { START } from '../auth/fixtures.ts';
import { openPatientStore } from '../support/patient-store.ts';
import { codesContract } from './codes-contract.ts';
import { attempt, DAY, HOTP, named, newFingerprint, STEP, type Tally, tallyOf } from './codes-fixtures.ts';
import type { Acknowledged } from './codes-process.ts';
import { startProcess } from './codes-processes.ts';
import { NAMES } from './codes-race.ts';

const folder = mkdtempSync(join(tmpdir(), 'otpd-codes-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function newFile(): string {
  files += 1;
  return join(folder, `${files}`, 'otpd.db');
}

async function withStore<T>(file: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = openPatientStore(file);
  try {
    await store.ping();
    return await use(store);
  } finally {
    await store.close();
  }
}

codesContract('SQLite', () => openPatientStore(newFile()));

describe('four processes on one file', () => {
  it('accept one of a thousand that send one code at once, over many seeds', async () => {
    const file = newFile();
    const processes = await Promise.all([1, 2, 3, 4].map(() => startProcess(file)));
    for (let seed = 0; seed < 20; seed += 1) {
      const fingerprint = newFingerprint();
      // In every other round, each process uses another name.
      const tallies = (await Promise.all(
        processes.map(({ tell }, place) => {
          const name = seed % 2 ? NAMES[place] : {};
          return tell({ do: 'crowd', attempt: { ...name, fingerprint }, count: 250 });
        }),
      )) as Tally[];
      const total = (outcome: keyof Tally) => tallies.reduce((sum, tally) => sum + tally[outcome], 0);
      expect({ accepted: total('accepted'), replayed: total('replayed') }).toEqual({ accepted: 1, replayed: 999 });
    }
    expect(await Promise.all(processes.map(({ leave }) => leave()))).toEqual([0, 0, 0, 0]);
  });

  it('accept one of many that send one code for several keys, and count five wrong ones on each', async () => {
    const file = newFile();
    const processes = await Promise.all([1, 2].map(() => startProcess(file)));
    const tell = async (attempts: readonly Partial<Attempt>[]) => {
      const order = { do: 'any', attempts, count: 40 } as const;
      const tallies = (await Promise.all(processes.map((process) => process.tell(order)))) as Tally[];
      return (outcome: keyof Tally) => tallies.reduce((sum, tally) => sum + tally[outcome], 0);
    };
    for (let seed = 0; seed < 10; seed += 1) {
      const fingerprints = [1, 2, 3].map(newFingerprint);
      const wrong = fingerprints.map((fingerprint) => ({ fingerprint, step: undefined }));
      const right = wrong.map((key, place) => (place === 1 ? { fingerprint: key.fingerprint } : key));
      const accepted = await tell(right);
      // On a busy machine, the answer to the accepted attempt may come too late.
      expect(accepted('accepted')).toBeOneOf(accepted('unavailable') > 0 ? [0, 1] : [1]);
      expect(accepted('accepted') + accepted('replayed')).toBe(80 - accepted('unavailable'));
      const guessed = await tell(wrong);
      expect(guessed('mismatch') + guessed('throttled')).toBe(80 - guessed('unavailable'));
      await withStore(file, async ({ codes }) => {
        const states = await Promise.all(fingerprints.map((fingerprint) => codes.inspect(attempt({ fingerprint }), Date.now())));
        expect(states.map(({ failures }) => failures)).toEqual([5, 5, 5]);
      });
    }
    await Promise.all(processes.map(({ leave }) => leave()));
  });

  it('judge no more wrong codes than attempts are free', async () => {
    const file = newFile();
    const processes = await Promise.all([1, 2, 3, 4].map(() => startProcess(file)));
    const crowd = { do: 'crowd', attempt: { fingerprint: newFingerprint(), step: undefined }, count: 100 } as const;
    const tallies = (await Promise.all(processes.map(({ tell }) => tell(crowd)))) as Tally[];
    expect(tallies.reduce((sum, { mismatch }) => sum + mismatch, 0)).toBe(5);
    await Promise.all(processes.map(({ leave }) => leave()));
  });
});

describe('what was acknowledged', () => {
  it.each(['flood', 'flood by batches'] as const)(
    'is not forgotten when the process is killed in the middle of its work (%s)',
    async (flood) => {
      const file = newFile();
      const { child } = await startProcess(file);
      const last = new Map<string, number>();
      let acknowledged = 0;
      child.on('message', ({ fingerprint, step }: Acknowledged) => {
        last.set(fingerprint, step);
        acknowledged += 1;
        if (acknowledged === 5000) child.kill('SIGKILL');
      });
      child.send({ do: flood, keys: 50 });
      const [, signal] = await once(child, 'close');
      expect(signal).toBe('SIGKILL');
      expect(last.size).toBe(50);

      await withStore(file, async ({ codes }) => {
        const used = [...last].map(([fingerprint, step]) => attempt({ fingerprint, step }));
        expect(await tallyOf(codes, used, Date.now())).toMatchObject({ replayed: 50, accepted: 0 });
      });
      const database = new DatabaseSync(file);
      expect(database.prepare('PRAGMA quick_check').get()).toEqual({ quick_check: 'ok' });
      database.close();
    },
  );

  it('is there when the file is opened again: steps, failures, answers, the fingerprint key', async () => {
    const file = newFile();
    const [used, failed] = [attempt({ fingerprint: 'used' }), attempt({ fingerprint: 'failed', step: undefined })];
    const request = { id: 'request', payload: 'payload' };
    const before = await withStore(file, async ({ codes, bind }) => {
      await codes.judge(used, START);
      expect(await bind('one')).toBe(true);
      return codes.judge({ ...failed, request }, START);
    });
    await withStore(file, async ({ codes, bind }) => {
      expect(await codes.judge(used, START)).toMatchObject({ outcome: 'replayed' });
      expect(await codes.judge({ ...failed, request }, START)).toEqual(before);
      expect(await codes.judge(failed, START)).toMatchObject({ attemptsRemaining: 3 });
      expect([await bind('one'), await bind('other')]).toEqual([true, false]);
    });
  });
});

describe('the file', () => {
  it('can hold one row for a name, which is found by SQLite without looking at others', async () => {
    const file = newFile();
    await withStore(file, async ({ codes }) => {
      for (const id of ['accepted', 'replayed']) await codes.judge(attempt({ request: { id, payload: '' } }), START);
    });
    const database = new DatabaseSync(file);
    for (const table of ['otp_state', 'otp_answer']) {
      expect(() => database.exec(`INSERT INTO ${table} SELECT * FROM ${table}`)).toThrow(
        `UNIQUE constraint failed: ${table}.name`,
      );
      const [plan] = database.prepare(`EXPLAIN QUERY PLAN SELECT * FROM ${table} WHERE name = ?`).all('');
      expect(plan?.['detail']).toMatch(/^SEARCH .* USING INDEX/);
    }
    database.close();
  });

  it('has the newest answer of a secret beside its state, and the earlier ones in rows of their own until they expire', async () => {
    const file = newFile();
    const found = () => {
      const database = new DatabaseSync(file);
      const inRow = database.prepare("SELECT answer FROM otp_state WHERE name = 'key'").get()?.['answer'];
      const outcomes = database.prepare('SELECT outcome FROM otp_answer ORDER BY rowid').all();
      database.close();
      return { newest: String(inRow).split(' ')[1], others: outcomes.map(({ outcome }) => outcome) };
    };
    await withStore(file, async ({ codes }) => {
      const judged = (id: string, now: number, one: Partial<Attempt>) =>
        codes.judge(attempt({ ...one, request: { id, payload: 'payload' } }), now);
      await judged('1', START, {});
      expect(found()).toEqual({ newest: 'accepted', others: [] });
      await judged('2', START, { step: undefined });
      expect(found()).toEqual({ newest: 'mismatch', others: ['accepted'] });
      await codes.unlock(named('key'), START);
      // This one does not change the state, whose row is not written for it.
      await judged('3', START, {});
      expect(found()).toEqual({ newest: 'mismatch', others: ['accepted', 'replayed'] });
      await judged('4', START + 2 * DAY, { step: STEP + 1 });
      expect(found()).toEqual({ newest: 'accepted', others: [] });
    });
  });

  it('has an answer that outlasts the state of its secret in a row of its own', async () => {
    const file = newFile();
    await withStore(file, async ({ codes }) => {
      await codes.judge(attempt({ step: undefined }), START);
      const one = attempt({ claim: false, request: { id: 'request', payload: 'payload' } });
      const last = START + FAILURES_KEPT_MS - 1;
      const first = await codes.judge(one, last);
      expect(first).toMatchObject({ outcome: 'accepted' });
      await tallyOf(codes, [attempt({ fingerprint: 'other' }), attempt({ fingerprint: 'another' })], last + 1);
      const database = new DatabaseSync(file);
      expect(database.prepare("SELECT count(*) AS rows FROM otp_state WHERE name = 'key'").get()).toEqual({ rows: 0 });
      database.close();
      expect(await codes.judge({ ...one, step: undefined }, last + DAY - 1)).toEqual(first);
    });
  });

  it('with an answer that cannot be read fails the attempts on its secret: nothing is accepted that may have been before', async () => {
    const file = newFile();
    await withStore(file, async ({ codes }) => {
      const one = attempt({ request: { id: 'request', payload: 'payload' } });
      await codes.judge(one, START);
      const database = new DatabaseSync(file);
      for (const text of ['', 'none', 'name accepted 1 0 5 payload', 'name accepted x 0 5 9 payload']) {
        database.prepare('UPDATE otp_state SET answer = ?').run(text);
        for (const other of [one, attempt({ step: STEP + 1 })])
          await expect(codes.judge(other, START)).rejects.toThrow('what is kept cannot be read');
      }
      database.close();
    });
  });

  it('loses in small steps what has expired, and nothing else', async () => {
    const file = newFile();
    const count = () => {
      const database = new DatabaseSync(file);
      const row = database.prepare(
        'SELECT (SELECT count(*) FROM otp_state) AS states, (SELECT count(*) FROM otp_answer) AS answers',
      );
      const counted = { ...row.get() };
      database.close();
      return counted;
    };
    await withStore(file, async ({ codes }) => {
      const forever = attempt({ ...HOTP, fingerprint: newFingerprint() });
      const requested = Array.from({ length: 300 }, () => {
        return attempt({ fingerprint: newFingerprint(), request: { id: newFingerprint(), payload: '' } });
      });
      const repeated = requested.map((one) => ({ ...one, request: { id: newFingerprint(), payload: '' } }));
      await tallyOf(codes, [forever, ...requested, ...repeated], START);
      expect(count()).toEqual({ states: 301, answers: 300 });
      const later = START + 40 * DAY;
      const next = Array.from({ length: 100 }, (_, step) => attempt({ fingerprint: 'other', step }));
      await tallyOf(codes, next, later);
      expect(count()).toEqual({ states: 102, answers: 100 });
      await tallyOf(codes, next, later);
      expect(count()).toEqual({ states: 2, answers: 0 });
      expect(await codes.judge(forever, later)).toMatchObject({ outcome: 'replayed' });
    });
  });

  it('is not written by a server that is idle, however often it is asked whether it can be', async () => {
    const file = newFile();
    await withStore(file, async (store) => {
      await store.codes.judge(attempt(), START);
      const written = () => [file, `${file}-wal`].map((path) => [statSync(path).mtimeMs, statSync(path).size]);
      const before = written();
      for (let asked = 0; asked < 5; asked += 1) await store.ping();
      expect(written()).toEqual(before);
    });
  });

  it('is left without companions by the last to close it', async () => {
    const file = newFile();
    await withStore(file, ({ codes }) => codes.judge(attempt(), START));
    expect(statSync(`${file}-wal`, { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe('the thread of the calls', () => {
  it('is not blocked by attempts that wait for a lock, and gets their results', async () => {
    const file = newFile();
    await withStore(file, async ({ codes }) => {
      const other = new DatabaseSync(file);
      other.exec('BEGIN IMMEDIATE');
      const crowd = Array<Attempt>(100).fill(attempt());
      const judged = tallyOf(codes, crowd, START);
      // This thread ends the transaction. If it waited for the lock, it could not.
      setTimeout(() => other.exec('ROLLBACK'), 150);
      expect(await judged).toMatchObject({ accepted: 1, replayed: 99 });
      other.close();
    });
  });

  it('accepts an answer that arrived while it was blocked itself', async () => {
    // With the patience of the service, which is shorter than the block of this thread.
    const store = openSqliteStore({ file: newFile() });
    await store.ping();
    const judged = store.codes.judge(attempt(), START);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400));
    expect(await judged).toMatchObject({ outcome: 'accepted' });
    await store.close();
  });
});

describe('a bug', () => {
  it('that makes an unreadable answer stops its own attempt, before anything is claimed or kept', async () => {
    await withStore(newFile(), async ({ codes }) => {
      const one = attempt({ request: { id: 'request', payload: 'payload' } });
      await expect(codes.judge({ ...one, drift: 0.5 }, START)).rejects.toThrow('cannot be kept');
      expect(await codes.judge(one, START)).toMatchObject({ outcome: 'accepted', drift: 0 });
    });
  });

  it('stops its own attempt, and not the attempts of the same transaction', async () => {
    await withStore(newFile(), async ({ codes }) => {
      await codes.judge(attempt({ fingerprint: 'broken' }), START);
      const broken = attempt({ fingerprint: 'broken', request: { id: 'request', payload: 'payload' } });
      const [stopped, other] = await Promise.allSettled([
        codes.judge({ ...broken, drift: 0.5 }, START),
        codes.judge(attempt({ fingerprint: 'other' }), START),
      ]);
      if (stopped.status === 'fulfilled') throw new Error('judged');
      expect(stopped.reason).not.toBeInstanceOf(StoreUnavailableError);
      expect(other).toMatchObject({ value: { outcome: 'accepted' } });
      expect(await codes.judge(broken, START)).toMatchObject({ outcome: 'replayed' });
    });
  });
});

describe('a process', () => {
  const run = (script: string) => {
    const source = new URL('../../src/store/sqlite/store.ts', import.meta.url);
    const text = `
      const { openSqliteStore } = await import('${source}');
      const store = openSqliteStore({ file: ${JSON.stringify(newFile())} });
      ${script}`;
    return spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8', timeout: 10_000 });
  };

  it('is not kept alive by a store that is never closed', () => {
    const script = `
      await store.ping();
      const pinged = performance.now();
      // A ping may take 5 s; what is left of them must not keep the process.
      process.on('exit', () => console.log(performance.now() - pinged < 3000));`;
    expect(run(script)).toMatchObject({ status: 0, stdout: 'true\n' });
  });

  it('is kept alive by what it still waits for, and by the closing of its store', () => {
    const script = `
      console.log((await store.codes.inspect({ fingerprint: 'key', former: 'old', period: 30 }, 0)).failures);
      await store.close();
      console.log('closed');`;
    expect(run(script)).toMatchObject({ status: 0, stdout: '0\nclosed\n' });
  });

  it('that only looks at API keys starts no writer', () => {
    const script = `
      await store.keys.page(undefined, 100);
      console.log(process.getActiveResourcesInfo().filter((name) => name.includes('Port')).length);
      await store.close();`;
    expect(run(script)).toMatchObject({ status: 0, stdout: '0\n' });
  });
});
