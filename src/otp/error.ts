/** The error of the domain: invalid input, with a violation for each invalid field. */

/** A mistake in a field. */
export interface FieldViolation {
  /** The path of the field in snake_case, as in the contract: `key.secret`. */
  readonly field: string;
  /** Describes the mistake and the remedy in ASCII, without secrets, codes and keys. */
  readonly description: string;
}

/** The error for invalid input: all violations at once, without the values. */
export class InvalidInputError extends Error {
  readonly violations: readonly FieldViolation[];

  constructor(violations: readonly FieldViolation[]) {
    super(violations.map((violation) => `${violation.field}: ${violation.description}`).join('; '));
    this.name = 'InvalidInputError';
    this.violations = violations;
  }
}

/** The error for one field. */
export function invalid(field: string, description: string): InvalidInputError {
  return new InvalidInputError([{ field, description }]);
}

/** The error with each violation changed by `restate`, for example to the field names that the reader knows. Any other error is returned as it is. */
export function restated(error: unknown, restate: (violation: FieldViolation) => FieldViolation): unknown {
  return error instanceof InvalidInputError ? new InvalidInputError(error.violations.map(restate)) : error;
}

/** Makes a `restate` function that sets the field of every violation to `field`. */
export function about(field: string): (violation: FieldViolation) => FieldViolation {
  return ({ description }) => ({ field, description });
}

/** Runs a check, and restates the violations that it throws. */
export function restating<T>(restate: (violation: FieldViolation) => FieldViolation, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw restated(error, restate);
  }
}

/** Collects the violations of several checks, so that the caller sees all of them at once. */
export class Violations {
  /** Created with the first violation, since most requests have none. */
  #found: FieldViolation[] | undefined;

  /** Notes a violation. A violation that is noted already is not noted twice. */
  add(field: string, description: string): void {
    this.#found ??= [];
    if (this.#found.some((known) => known.field === field && known.description === description)) return;
    this.#found.push({ field, description });
  }

  /** Whether the field has a violation. */
  has(field: string): boolean {
    return this.#found?.some((violation) => violation.field === field) ?? false;
  }

  /**
   * Runs a check with its arguments and returns its result. If it throws violations, keeps them with their fields below `prefix` and returns undefined.
   * Throws any other error.
   */
  collect<Arguments extends unknown[], T>(prefix: string, check: (...args: Arguments) => T, ...args: Arguments): T | undefined {
    try {
      return check(...args);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      for (const { field, description } of error.violations) this.add(prefix + field, description);
      return undefined;
    }
  }

  /** The error with all collected violations; undefined if there are none. */
  get error(): InvalidInputError | undefined {
    return this.#found && new InvalidInputError(this.#found);
  }

  /** Throws an `InvalidInputError` if anything was found. */
  throwIfAny(): void {
    if (this.#found !== undefined) throw new InvalidInputError(this.#found);
  }
}
