/** The audit trail when its file fails or is rotated: it delays no call, and records how many events it has lost. */
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AuditLog, openAuditLog } from '../../src/observability/audit-file.ts';
import type { AuditEvent } from '../../src/ports/audit.ts';

/** A disk that is always full (full(4)). */
const FULL = '/dev/full';

let folder: string;
let file: string;
let problems: unknown[];
let trail: AuditLog | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-audit-'));
  file = join(folder, 'audit.jsonl');
  problems = [];
});
afterEach(() => {
  trail?.close();
  trail = undefined;
  rmSync(folder, { recursive: true });
});

function open(): AuditLog {
  trail = openAuditLog(file, (error) => problems.push((error as NodeJS.ErrnoException).code));
  return trail;
}

function event(keyId: string): AuditEvent {
  return { actor: { operator: 'alice' }, event: 'key.created', keyId };
}

/** Reads a file of the trail: the ids of the keys, and the number of lost events in its records. */
function written(path: string = file): unknown[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.filter(Boolean).map((line) => {
    const { keyId, events } = JSON.parse(line);
    return keyId ?? events;
  });
}

test('an event is in the file when the call returns', () => {
  const { audit } = open();
  audit(event('one'));
  expect(written()).toEqual(['one']);
  audit(event('other'));
  expect(written()).toEqual(['one', 'other']);
  expect(problems).toEqual([]);
});

test('what was there is kept, also by two that write one file', () => {
  open().audit(event('one'));
  trail?.close();
  const { audit } = open();
  const second = openAuditLog(file, () => undefined);
  for (const keyId of ['a', 'b', 'c']) {
    audit(event(keyId));
    second.audit(event(keyId));
  }
  second.close();
  expect(written()).toEqual(['one', 'a', 'a', 'b', 'b', 'c', 'c']);
});

test('a full disk is reported once, and what waited is written when there is room', () => {
  symlinkSync(FULL, file);
  const { audit } = open();
  for (const keyId of ['a', 'b', 'c']) audit(event(keyId));
  expect(problems).toEqual(['ENOSPC']);
  rmSync(file);
  process.emit('SIGHUP');
  expect(written()).toEqual(['a', 'b', 'c']);
  audit(event('d'));
  expect(written()).toEqual(['a', 'b', 'c', 'd']);
  expect(problems).toEqual(['ENOSPC']);
});

test('what a full disk leaves no room for is counted', () => {
  symlinkSync(FULL, file);
  const { audit } = open();
  const long = 'k'.repeat(100_000);
  for (let count = 0; count < 30; count += 1) audit(event(long));
  rmSync(file);
  process.emit('SIGHUP');
  const kept = written();
  const lost = kept.pop();
  expect(new Set(kept)).toEqual(new Set([long]));
  expect(kept.length).toBeGreaterThan(5);
  expect(kept.length + Number(lost)).toBe(30);
});

test('SIGHUP opens a new file after the old one was moved', () => {
  const { audit } = open();
  audit(event('before'));
  renameSync(file, `${file}.1`);
  audit(event('between'));
  process.emit('SIGHUP');
  audit(event('after'));
  expect(written(`${file}.1`)).toEqual(['before', 'between']);
  expect(written()).toEqual(['after']);
});

test('SIGHUP keeps the old file if a new one cannot be made', () => {
  const { audit } = open();
  audit(event('before'));
  renameSync(folder, `${folder}.moved`);
  writeFileSync(folder, 'no folder');
  process.emit('SIGHUP');
  audit(event('between'));
  rmSync(folder);
  expect(problems).toEqual(['EEXIST']);
  expect(written(join(`${folder}.moved`, 'audit.jsonl'))).toEqual(['before', 'between']);
  rmSync(`${folder}.moved`, { recursive: true });
  process.emit('SIGHUP');
  audit(event('after'));
  expect(written()).toEqual(['after']);
});

test('a file that cannot be made is said at once', () => {
  writeFileSync(file, '');
  file = join(file, 'below a file');
  expect(open).toThrow('EEXIST');
});
