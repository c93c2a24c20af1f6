/** The chain of the audit trail: the check finds a removed, changed, added or cut line, and its place. */
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createChain, digestOf, partsOf } from '../../src/observability/audit-chain.ts';
import { type AuditLog, openAuditLog } from '../../src/observability/audit-file.ts';
import { checkTrail } from '../../src/observability/audit-verify.ts';

let folder: string;
let file: string;
const open: AuditLog[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-audit-'));
  file = join(folder, 'audit.jsonl');
});
afterEach(() => {
  for (const trail of open.splice(0)) trail.close();
  rmSync(folder, { recursive: true });
});

function openTrail(): AuditLog {
  const trail = openAuditLog(file, (error) => expect.fail(String(error)));
  open.push(trail);
  return trail;
}

function tell(trail: AuditLog, ...keyIds: string[]): void {
  for (const keyId of keyIds) trail.audit({ actor: { operator: 'alice' }, event: 'key.created', keyId });
}

function linesOf(path = file): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

/** Returns the faults of a trail as `line: fault`, or `file line: fault` for several files. */
function faultsOf(...files: (readonly string[])[]): string[] {
  return check(files, false);
}

function check(files: (readonly string[])[], isContinued: boolean): string[] {
  const faults: string[] = [];
  const trail = checkTrail(isContinued, (found) =>
    faults.push(`${files.length > 1 ? `${found.file} ` : ''}${found.line}: ${found.fault}`),
  );
  for (const [at, lines] of files.entries()) for (const [index, line] of lines.entries()) trail.line(`f${at}`, index + 1, line);
  return faults;
}

/** Returns a trail of two concurrent writers, and of a later writer. */
function threeWriters(): string[] {
  const [one, other] = [openTrail(), openTrail()];
  tell(one, 'a');
  tell(other, 'b');
  tell(one, 'c', 'd');
  tell(other, 'e');
  open.splice(open.indexOf(one), 1)[0]?.close();
  tell(openTrail(), 'f', 'g');
  return linesOf();
}

test('a trail of several writers is whole, and each line holds what it is to hold', () => {
  const lines = threeWriters();
  expect(faultsOf(lines)).toEqual([]);
  const [first, second] = lines.map((line) => JSON.parse(line));
  expect(first).toMatchObject({ v: 1, event: 'key.created', by: 'operator:alice', keyId: 'a', seq: 1 });
  expect(first).not.toHaveProperty('prev');
  expect(second).toMatchObject({ seq: 1, prev: first.hash });
});

test('the digest of a line is the SHA-256 of the previous digest, a line feed, and the line up to the digest', () => {
  // Computed by `printf 'before
  // {"v":1' | openssl dgst -sha256 -binary | basenc --base64url`.
  expect(digestOf('before', '{"v":1')).toBe('MysQzg49U9sqp0KMR19EgKj5SW1nuPPPi3e6XNCYwVY');
});

test('any line that is taken out is found, but for the last', () => {
  const lines = threeWriters();
  for (const at of lines.keys()) {
    const found = faultsOf(lines.toSpliced(at, 1));
    expect(found.length > 0, `line ${at + 1} is taken out`).toBe(at < lines.length - 1);
  }
  expect(faultsOf(lines.toSpliced(2, 1))).toEqual(['3: is number 3 of its process, and comes after number 1']);
  expect(faultsOf(lines.toSpliced(1, 1))).toEqual([
    '2: follows a line that is missing',
    '4: is number 2 of its process, and those before it are missing',
  ]);
});

test('a line of a command that is taken out between those of a server is found', () => {
  const server = openTrail();
  tell(server, 'a');
  tell(openTrail(), 'b');
  tell(server, 'c');
  expect(faultsOf(linesOf().toSpliced(1, 1))).toEqual(['2: follows a line that is missing']);
});

test('any change of a character is found in its line', () => {
  const lines = threeWriters();
  fc.assert(
    fc.property(fc.nat(lines.length - 1), fc.nat(), fc.constantFrom('x', '0', ' ', '"'), (at, place, character) => {
      const line = lines[at] ?? '';
      const index = place % line.length;
      fc.pre(line[index] !== character);
      const changed = lines.with(at, line.slice(0, index) + character + line.slice(index + 1));
      expect(faultsOf(changed).some((fault) => fault.startsWith(`${at + 1}: `))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('lines in another order, twice, without a digest or of another format are found', () => {
  const lines = threeWriters();
  const [first = '', second = '', third = ''] = lines;
  expect(faultsOf([first, second, lines[3] ?? '', third])).not.toEqual([]);
  expect(faultsOf([first, first])).toEqual(['2: is number 1 of its process, and comes after number 1']);
  expect(faultsOf([first, '{"event":"key.created"}', second])).toEqual(['2: has no digest: it was cut short, changed or added']);
  expect(faultsOf([first, ''])).toEqual(['2: is empty']);
  const other = first.replace('{"v":1,', '{"v":2,');
  expect(faultsOf([other])).toEqual(['1: is not of a format that this otpd knows']);
});

test('lines of an otpd without a chain may stand before it', () => {
  appendFileSync(file, '{"time":"2026-01-01T00:00:00.000Z","event":"key.created","by":"operator:alice","keyId":"old"}\n');
  tell(openTrail(), 'new');
  expect(faultsOf(linesOf())).toEqual([]);
});

test('a line that a killed process left unfinished does not take the next one with it', () => {
  tell(openTrail(), 'a');
  open.pop()?.close();
  appendFileSync(file, '{"v":1,"time":"2026');
  tell(openTrail(), 'b');
  expect(faultsOf(linesOf())).toEqual(['2: has no digest: it was cut short, changed or added']);
});

test('a trail continues in a new file after a rotation, and each file is checked with and without the earlier ones', () => {
  const trail = openTrail();
  tell(trail, 'a', 'b');
  renameSync(file, `${file}.1`);
  tell(trail, 'c');
  process.emit('SIGHUP');
  tell(trail, 'd', 'e');
  tell(openTrail(), 'f');
  const [old, fresh] = [linesOf(`${file}.1`), linesOf()];
  expect(faultsOf(old, fresh)).toEqual([]);
  expect(faultsOf(fresh)).toEqual(['1: is number 4 of its process, and those before it are missing']);
  expect(check([fresh], true)).toEqual([]);
  expect(faultsOf(old.slice(0, -1), fresh)).toEqual(['f1 1: is number 4 of its process, and comes after number 2']);
  expect(check([old, fresh.toSpliced(1, 1)], true)).toEqual(['f1 2: follows a line that is missing']);
});

test.each([
  [999, []],
  [1000, ['1002: follows a line that is missing']],
])('a line may be written %i lines after the line that it names', (between, faults) => {
  const [late, busy] = [createChain(), createChain()];
  const digestIn = (line = '') => partsOf(line)?.digest;
  const lines = [late.next({}, undefined)];
  for (let n = 0; n < between; n += 1) lines.push(busy.next({}, digestIn(lines.at(-1))));
  lines.push(late.next({}, digestIn(lines[0])));
  expect(faultsOf(lines)).toEqual(faults);
});

test('an empty file is no fault', () => {
  writeFileSync(file, '');
  expect(faultsOf(linesOf())).toEqual([]);
});
