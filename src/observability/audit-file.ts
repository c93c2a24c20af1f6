/** The audit trail on disk: JSON lines, appended, one for each event (docs/audit-trail.md). */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Audit, AuditEvent } from '../ports/audit.ts';
import { createChain } from './audit-chain.ts';

/** The most bytes that wait while the disk cannot be written: some thousand events. */
const MOST_WAITING = 1_000_000;
/** The length of the end of a line, with its digest, in bytes. */
const END_BYTES = '"hash":""}\n'.length + 43;

export interface AuditLog {
  readonly audit: Audit;
  /** Tries once more to write the waiting lines, and closes the file. */
  readonly close: () => void;
}

/** No trail: events are dropped. */
export const NO_AUDIT_LOG: AuditLog = { audit: () => undefined, close: () => undefined };

/**
 * Opens the trail in `file`, which only its owner can read; throws the error of the file system if that fails. An event is written to the file before its call is
 * answered, so that a crash of otpd loses none. If a write fails, `onProblem` is called once, and the write is tried again with each event; if more events come than
 * can wait, the trail records how many it lost. SIGHUP reopens the file, for log rotation; the chain of digests continues.
 */
export function openAuditLog(file: string, onProblem: (error: unknown) => void): AuditLog {
  let descriptor = open(file);
  const chain = createChain();
  let waiting: Buffer = Buffer.alloc(0);
  let lost = 0;
  let isFailing = false;

  function attempt(work: () => void): void {
    try {
      work();
      isFailing = false;
    } catch (error) {
      if (!isFailing) onProblem(error);
      isFailing = true;
    }
  }

  function lineOf(members: object): Buffer {
    const line = chain.next({ time: new Date().toISOString(), ...members }, lastDigest(descriptor));
    return Buffer.from(`${line}\n`);
  }

  function drain(): void {
    // A full disk may accept a part of a line; the rest is written next.
    while (waiting.length > 0) waiting = waiting.subarray(writeSync(descriptor, waiting));
    if (lost === 0) return;
    waiting = lineOf({ event: 'audit.lost', events: lost });
    lost = 0;
    drain();
  }

  function reopen(): void {
    attempt(() => {
      const fresh = open(file);
      closeSync(descriptor);
      descriptor = fresh;
      drain();
    });
  }

  process.on('SIGHUP', reopen);
  return {
    audit: (event) => {
      if (waiting.length < MOST_WAITING) waiting = Buffer.concat([waiting, lineOf(flatten(event))]);
      else lost += 1;
      attempt(drain);
    },
    close: () => {
      process.off('SIGHUP', reopen);
      attempt(drain);
      closeSync(descriptor);
    },
  };
}

function open(file: string): number {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const descriptor = openSync(file, 'a+', 0o600);
  endLine(descriptor);
  return descriptor;
}

/** Ends the last line of the file, which a killed process may have left incomplete, so that the next line is not appended to it. */
function endLine(descriptor: number): void {
  const stats = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  if (!stats.isFile() || stats.size === 0) return;
  readSync(descriptor, last, 0, 1, stats.size - 1);
  if (last.toString('latin1') !== '\n') writeSync(descriptor, '\n');
}

/** The digest of the last line of a file; undefined if there is none, or the file cannot be read. */
function lastDigest(descriptor: number): string | undefined {
  try {
    const { size } = fstatSync(descriptor);
    if (size < END_BYTES) return undefined;
    const end = Buffer.alloc(END_BYTES);
    readSync(descriptor, end, 0, END_BYTES, size - END_BYTES);
    return /^"hash":"([\w-]{43})"\}\n$/.exec(end.toString('latin1'))?.[1];
  } catch {
    return undefined;
  }
}

/** `keyId` in an event about an API key is that API key; the actor has its own member. */
function flatten({ event, actor, ...rest }: AuditEvent): object {
  return { event, by: 'keyId' in actor ? `key:${actor.keyId}` : `operator:${actor.operator}`, ...rest };
}
