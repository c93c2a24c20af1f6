/** Errors of the command line itself, and the form in which every error is shown. */
import type { FieldViolation } from '../../otp/error.ts';

/** The form in which an error is shown, as a line for people or as JSON. */
export interface Failure {
  /** The name of the gRPC status code; `USAGE` for a wrong command line, `LOCAL` for trouble on this machine. */
  readonly code: string;
  /** The `ErrorReason` of the server. */
  readonly reason?: string | undefined;
  /** Says what went wrong and what to do; never a secret, a code or a key. */
  readonly message: string;
  readonly violations: readonly FieldViolation[];
  /** When a retry makes sense, in seconds. */
  readonly retryAfterSeconds?: number | undefined;
  readonly requestId?: string | undefined;
  /** The exceeded limit: its plan, its window, and the calls that it allows in the window. */
  readonly plan?: string | undefined;
  readonly window?: string | undefined;
  readonly limit?: number | undefined;
  /** A command that helps, on a line of its own. */
  readonly remedy?: string | undefined;
}

/** An error that is shown to the user as it is. */
export class CliError extends Error {
  readonly failure: Failure;
  /** The exit code of the command; undefined for the usual exit code of errors. */
  readonly exitCode: number | undefined;

  constructor(failure: Failure, exitCode?: number) {
    super(failure.message);
    this.name = 'CliError';
    this.failure = failure;
    this.exitCode = exitCode;
  }
}

/** An error in the command line. */
export function usageError(message: string): CliError {
  return new CliError({ code: 'USAGE', message, violations: [] });
}

/** An error of this machine: a file, the store. */
export function localError(message: string): CliError {
  return new CliError({ code: 'LOCAL', message, violations: [] });
}

/** Why a file could not be used, from an error of `node:fs`. */
export function fileTrouble(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return FILE_TROUBLE[code] ?? `it fails with ${code}`;
}

const FILE_TROUBLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  EEXIST: 'it exists already',
  ENOSPC: 'the disk is full',
};
