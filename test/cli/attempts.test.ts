/** `otpd attempts` on a database beside a server: shows the state of a secret, unlocks it, and resets it after a clock was ahead. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintKeyFile, readFingerprintKey } from '../../src/app/fingerprint-key.ts';
import { completeParameters, type ParametersInput } from '../../src/otp/params.ts';
import { parseSecret } from '../../src/otp/secret.ts';
import { stepAt } from '../../src/otp/totp.ts';
import type { Attempt, Judgement } from '../../src/ports/codes.ts';
import type { Store } from '../../src/ports/store.ts';
import { databaseFile } from '../../src/store/open.ts';
import { createFingerprints, stateNameOf } from '../../src/verification/fingerprint.ts';
import { auditedIn } from '../support/audit-lines.ts';
import { openPatientStore } from '../support/patient-store.ts';
import { otpd } from './harness.ts';
import { makeFolder, type Real, startReal } from './real.ts';

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const DAY = 86_400_000;
const AHEAD = 2 * DAY;

let server: Real;
let folder: string;
let auditLog: string;
let store: Store;
beforeEach(async () => {
  server = await startReal();
  folder = makeFolder();
  auditLog = join(folder, 'audit.log');
  store = openPatientStore(databaseFile(server.dataDir));
  // The writer of the store has to start first.
  await store.ping();
});
afterEach(async () => {
  await store.close();
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function attempts(command: string, ...args: string[]) {
  return otpd(['attempts', command, ...args], {
    env: { OTPD_DATA_DIR: server.dataDir, OTPD_AUDIT_LOG: auditLog },
    stdin: `${SECRET}\n`,
  });
}

const audited = () => auditedIn(auditLog);

const fingerprints = () => createFingerprints(readFingerprintKey(fingerprintKeyFile(server.dataDir), ''));

/** Judges a code as the server does at `now`: the code of a step, or a wrong code if the step is undefined. */
async function judge(step: number | undefined, now: number, parameters: ParametersInput = {}): Promise<Judgement['outcome']> {
  const { period, ...rest } = completeParameters(parameters);
  const name = stateNameOf(fingerprints(), parseSecret(SECRET), { period, ...rest }, { hasFormer: true });
  const matchableMs = step === undefined || period === 0 ? 0 : (step + 11) * period * 1000 - now;
  const attempt: Attempt = {
    ...name,
    step,
    drift: 0,
    claim: true,
    afterStep: undefined,
    matchableMs,
    request: undefined,
  };
  return (await store.codes.judge(attempt, now)).outcome as Judgement['outcome'];
}

describe('otpd attempts reset', () => {
  it('forgets a used step of the future, so that codes of now are accepted', async () => {
    const now = Date.now();
    const ahead = stepAt(now + AHEAD, 30);
    expect(await judge(ahead, now + AHEAD)).toBe('accepted');
    expect(await judge(stepAt(now, 30), now)).toBe('replayed');
    expect((await attempts('show')).out).toContain('; used steps lie in the future: see `otpd attempts reset`\n');

    const { code, out, err } = await attempts('reset');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(`period 30 s: used step ${ahead} is forgotten, codes are accepted from now on\n`);
    expect(audited()).toEqual([
      {
        time: expect.any(String),
        event: 'attempts.reset',
        by: expect.stringMatching(/^operator:.+/),
        fingerprint: fingerprints().ofSecret(parseSecret(SECRET), 'SHA1'),
        tracks: [{ periodSeconds: 30, lastStep: ahead, newLastStep: null }],
      },
    ]);
    expect(await judge(stepAt(now, 30), now)).toBe('accepted');
    expect(await judge(stepAt(now, 30), now)).toBe('replayed');
    expect((await attempts('show')).out).toBe('open; 0 wrong codes in a row, 5 more before the secret is locked\n');
  });

  it('resets a key that was used in the future to the current step, for any type and period', async () => {
    const now = Date.now();
    const period = 3600;
    const [current, ahead] = [stepAt(now, period), stepAt(now + AHEAD, period)];
    await judge(current - 1, now, { period });
    await judge(ahead, now + AHEAD, { period });
    await judge(5, now, { type: 'hotp' });
    const { code, out } = await attempts('reset', '--json');
    const [track] = (JSON.parse(out) as { tracks: { newLastStep: number }[] }).tracks;
    expect(code).toBe(0);
    // The hour may have ended in the meantime.
    expect(track?.newLastStep).toBeOneOf([current, current + 1]);
    expect(track).toEqual({ periodSeconds: period, lastStep: ahead, newLastStep: track?.newLastStep });
    expect(await judge(current, now, { period })).toBe('replayed');
    expect(await judge(current + 2, now, { period })).toBe('accepted');
    expect(await judge(5, now, { type: 'hotp' })).toBe('replayed');
  });

  it('leaves wrong codes to unlock', async () => {
    const now = Date.now();
    await judge(stepAt(now + AHEAD, 30), now + AHEAD);
    for (let sent = 0; sent < 5; sent += 1) await judge(undefined, now);
    expect((await attempts('reset')).code).toBe(0);
    expect((await attempts('show')).out).toMatch(/^locked for .*; 5 wrong codes in a row\n$/);
    expect((await attempts('unlock')).out).toBe('unlocked; 5 wrong codes in a row before\n');
  });

  it('is refused where there is nothing to reset, and changes and audits nothing', async () => {
    const nothing = 'error: nothing to reset: no used step is later than a window reaches from now';
    expect(await attempts('reset')).toEqual({ code: 2, out: '', err: `${nothing}\n` });
    const now = Date.now();
    // A step that a caller may request with the widest window, even at the end of the hour.
    const near = stepAt(now, 3600) + 10;
    await judge(near, now, { period: 3600 });
    const { code, out, err } = await attempts('reset', '--period', '3600');
    const next = new Date((near + 1) * 3_600_000).toISOString().replace('.000Z', 'Z');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(`${nothing}; the next code that can be accepted is that of ${next}\n`);
    expect(await judge(near, now, { period: 3600 })).toBe('replayed');
    expect(audited()).toEqual([]);
  });

  it('is refused for a HOTP, with what helps there, also where a URI has a counter', async () => {
    const now = Date.now();
    await judge(57, now, { type: 'hotp' });
    const { code, err } = await attempts('reset', '--type', 'hotp', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(err).error.message).toBe(
      'nothing to reset: a HOTP has no clock; go on from its next counter, or name with --counter the one to begin with anew',
    );
    const env = { OTPD_DATA_DIR: server.dataDir, OTPD_AUDIT_LOG: auditLog };
    const stdin = `otpauth://hotp/a?secret=${SECRET}&counter=0`;
    expect(await otpd(['attempts', 'reset'], { env, stdin })).toMatchObject({ code: 2, out: '' });
    expect(await judge(57, now, { type: 'hotp' })).toBe('replayed');
  });

  it('forgets the used counters of a HOTP from the named counter on', async () => {
    const now = Date.now();
    for (const counter of [3, 57]) await judge(counter, now, { type: 'hotp' });
    const { code, out } = await attempts('reset', '--type', 'hotp', '--counter', '10');
    expect({ code, out }).toEqual({
      code: 0,
      out: 'HOTP: used counter 57 is put back to 9, codes are accepted from the next counter on\n',
    });
    expect(await judge(9, now, { type: 'hotp' })).toBe('replayed');
    expect(await judge(10, now, { type: 'hotp' })).toBe('accepted');
    expect(await attempts('reset', '--type', 'hotp', '--counter', '11')).toMatchObject({ code: 2, out: '' });
    expect(JSON.parse((await attempts('reset', '--type', 'hotp', '--counter', '0', '--json')).out)).toEqual({
      tracks: [{ periodSeconds: 0, lastStep: 10, newLastStep: null }],
    });
    expect(await judge(0, now, { type: 'hotp' })).toBe('accepted');
    expect(audited().map(({ event }) => event)).toEqual(['attempts.reset', 'attempts.reset']);
  });

  it('says in its help what it does and what not', async () => {
    const { out } = await otpd(['attempts', '--help']);
    const help = out.replace(/\s+/g, ' ');
    expect(help).toContain('set back to the current step, or forgotten if no step up to the current step was used');
    expect(help).toContain('No code up to now is accepted again');
  });
});

describe('otpd attempts show', () => {
  it('shows as JSON all that is kept, with the last step of the type and period that are named', async () => {
    const now = Date.now();
    const step = stepAt(now, 30);
    await judge(step, now);
    await judge(7, now, { type: 'hotp' });
    await judge(undefined, now, { period: 60 });
    const shown = async (...args: string[]) => JSON.parse((await attempts('show', '--json', ...args)).out);
    const keptUntil = new Date((step + 11) * 30_000 + 30 * DAY).toISOString();
    expect(await shown()).toEqual({
      failures: 1,
      locked: false,
      lockedUntil: null,
      attemptsRemaining: 4,
      lastStep: step,
      tracks: [
        { type: 'totp', periodSeconds: 30, firstStep: step, lastStep: step, keptUntil },
        { type: 'hotp', periodSeconds: 0, firstStep: 7, lastStep: 7, keptUntil: null },
      ],
    });
    expect(await shown('--type', 'hotp')).toMatchObject({ failures: 1, lastStep: 7 });
    expect(await shown('--period', '60', '--digits', '8')).toMatchObject({ failures: 1, lastStep: null });
  });

  it('shows no longer wait than the delay of the wrong codes, after the clock was set back', async () => {
    const now = Date.now();
    for (let sent = 0; sent < 5; sent += 1) await judge(undefined, now + DAY);
    const { locked, lockedUntil } = JSON.parse((await attempts('show', '--json')).out);
    expect(locked).toBe(true);
    expect(Date.parse(lockedUntil) - Date.now()).toBeLessThanOrEqual(60_000);
    expect((await attempts('show')).out).toMatch(/^locked for (1 min|60 s|59 s), until /);
  });
});

describe('a set of recovery codes', () => {
  const SET = 'F_5D0T0b8mixRHbABylO5A';
  const use = (code: number | undefined) => store.recovery.use({ set: SET, code, count: 10, request: undefined }, Date.now());
  const ofSet = (command: string, ...args: string[]) =>
    otpd(['attempts', command, '--recovery-set', SET, ...args], {
      env: { OTPD_DATA_DIR: server.dataDir, OTPD_AUDIT_LOG: auditLog },
    });

  it('is shown and unlocked by its name, and keeps what was used', async () => {
    await use(3);
    for (let sent = 0; sent < 5; sent += 1) await use(undefined);
    expect((await ofSet('show')).out).toMatch(
      /^locked for (1 min|\d+ s), until .*; 5 wrong codes in a row; 1 recovery code used\n$/,
    );
    expect(JSON.parse((await ofSet('show', '--json')).out)).toMatchObject({
      failures: 5,
      locked: true,
      usedCount: 1,
      revoked: false,
    });
    expect(await ofSet('unlock')).toEqual({ code: 0, out: 'unlocked; 5 wrong codes in a row before\n', err: '' });
    expect(audited()).toMatchObject([{ event: 'recovery.unlocked', set: SET, failures: 5 }]);
    expect((await use(3)).outcome).toBe('replayed');
    expect((await use(4)).outcome).toBe('accepted');
    await store.recovery.revoke(SET, Date.now());
    const open = 'open; 0 wrong codes in a row, 5 more before the set is locked; revoked\n';
    expect((await ofSet('show')).out).toBe(open);
  });

  it.each([
    ['a name that is none', ['show', '--recovery-set', 'otpr1_abc'], 'It must be the name of a set, as the audit trail has it.'],
    ['reset', ['reset', '--recovery-set', SET], "unknown option '--recovery-set'"],
  ])('refuses %s', async (_, args, complaint) => {
    const { code, out, err } = await otpd(['attempts', ...args], { env: { OTPD_DATA_DIR: server.dataDir } });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(complaint);
  });
});
