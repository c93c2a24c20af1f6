/** The audit trail on a disk that writes only a part of the data: the rest follows, and the chain stays complete. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type AuditLog, openAuditLog } from '../../src/observability/audit-file.ts';
import { checkTrail } from '../../src/observability/audit-verify.ts';

/** The most bytes per write, and the bytes until the disk is full. */
const disk = vi.hoisted(() => ({ most: Number.POSITIVE_INFINITY, room: Number.POSITIVE_INFINITY }));
const full = vi.hoisted(() => new Error('ENOSPC: no space left on device, write'));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const writeSync = (descriptor: number, data: string | Buffer): number => {
    if (disk.room === 0) throw full;
    const written = fs.writeSync(descriptor, Buffer.from(data).subarray(0, Math.min(disk.most, disk.room)));
    disk.room -= written;
    return written;
  };
  return { ...fs, writeSync };
});

let folder: string;
let file: string;
let problems: unknown[];
let trail: AuditLog;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-audit-'));
  file = join(folder, 'logs', 'audit.jsonl');
  problems = [];
  trail = openAuditLog(file, (error) => problems.push(error));
});
afterEach(() => {
  Object.assign(disk, { most: Number.POSITIVE_INFINITY, room: Number.POSITIVE_INFINITY });
  trail.close();
  rmSync(folder, { recursive: true });
});

function tell(...keyIds: string[]): void {
  for (const keyId of keyIds) trail.audit({ actor: { operator: 'alice' }, event: 'key.created', keyId });
}

/** Returns the keys in the events of the trail, whose chain must be intact. */
function eventsOf(): string[] {
  const check = checkTrail(false, (fault) => expect.fail(JSON.stringify(fault)));
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  for (const [index, line] of lines.entries()) check.line(file, index + 1, line);
  return lines.map((line) => JSON.parse(line).keyId);
}

test('the trail and its folder are for their owner alone', () => {
  expect([file, join(folder, 'logs')].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o700]);
});

test('a disk that takes a few bytes at a time gets all of them', () => {
  disk.most = 7;
  tell('a', 'b');
  expect(eventsOf()).toEqual(['a', 'b']);
  expect(problems).toEqual([]);
});

test('data that a full disk refuses waits, which is reported once, and is written with the next event', () => {
  tell('a');
  disk.room = 0;
  tell('b', 'c');
  expect([eventsOf(), problems]).toEqual([['a'], [full]]);
  disk.room = Number.POSITIVE_INFINITY;
  tell('d');
  expect(eventsOf()).toHaveLength(4);
  disk.room = 0;
  tell('e');
  expect(problems).toEqual([full, full]);
});

test('a disk that takes a part of a line before it is full gets the rest of it', () => {
  disk.room = 20;
  tell('a');
  expect(problems).toEqual([full]);
  expect(readFileSync(file)).toHaveLength(20);
  disk.room = Number.POSITIVE_INFINITY;
  tell('b');
  expect(eventsOf()).toEqual(['a', 'b']);
});

test('as it closes it tries once more to write what waits', () => {
  disk.room = 0;
  tell('a');
  disk.room = Number.POSITIVE_INFINITY;
  trail.close();
  expect(eventsOf()).toEqual(['a']);
  trail = openAuditLog(file, () => undefined);
});
