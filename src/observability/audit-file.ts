/** The audit trail on disk: JSON lines, appended, one an event (docs/audit-trail.md). */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Audit, AuditEvent } from '../ports/audit.ts';
import { createChain } from './audit-chain.ts';

/** The most that waits for a disk that cannot be written, in bytes: some thousand events. */
const MOST_WAITING = 1_000_000;
/** The end of each line, with its digest, in bytes. */
const END_BYTES = '"hash":""}\n'.length + 43;

export interface AuditLog {
  readonly audit: Audit;
  /** Tries once more to write what is waiting, and closes the file. */
  readonly close: () => void;
}

/** No trail: events are dropped. */
export const NO_AUDIT_LOG: AuditLog = { audit: () => undefined, close: () => undefined };

/**
 * Opens the trail in `file`, made for its owner alone; throws the error of the file system if it cannot be. An event is handed to the system
 * before its call is answered, so that a crash of otpd forgets none. If that fails, `onProblem` is told once, and it is tried again with each
 * next event; should more come than can wait, the trail says how many it lost. SIGHUP opens the file anew, for log rotation; the chain of digests
 * goes on.
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
    // A full disk may take a part: the rest of the line goes next.
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

/** Ends the last line of the file, where a process was killed while it wrote it: the next line must not become a part of it. */
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

/** `keyId` of an event about an API key is the key it is about: who acted stands apart. */
function flatten({ event, actor, ...rest }: AuditEvent): object {
  return { event, by: 'keyId' in actor ? `key:${actor.keyId}` : `operator:${actor.operator}`, ...rest };
}
