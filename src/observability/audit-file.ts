/** The audit trail on disk: JSON lines, appended, one an event. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Audit, AuditEvent } from '../ports/audit.ts';

/** The most that waits for a disk that cannot be written, in bytes: some thousand events. */
const MOST_WAITING = 1_000_000;

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
 * next event; should more come than can wait, the trail says how many it lost. SIGHUP opens the file anew, for log rotation.
 */
export function openAuditLog(file: string, onProblem: (error: unknown) => void): AuditLog {
  let descriptor = open(file);
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
  return openSync(file, 'a', 0o600);
}

function lineOf(members: object): Buffer {
  return Buffer.from(`${JSON.stringify({ time: new Date().toISOString(), ...members })}\n`);
}

/** `keyId` of an event about an API key is the key it is about: who acted stands apart. */
function flatten({ event, actor, ...rest }: AuditEvent): object {
  return { event, by: 'keyId' in actor ? `key:${actor.keyId}` : `operator:${actor.operator}`, ...rest };
}
