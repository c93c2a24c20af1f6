/** The one error of the domain: input that is wrong, with every field that is. */

/** A mistake in a field. */
export interface FieldViolation {
  /** The path of the field in snake_case, as in the contract: `key.secret`. */
  readonly field: string;
  /** Says in ASCII what is wrong and what to do; never holds a secret, a code or a key. */
  readonly description: string;
}

/** Input that cannot be used: every violation at once, none of the values. */
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

/** Collects the violations of several checks, so that the caller hears of all of them at once. */
export class Violations {
  /** Made with the first violation: most requests have none. */
  #found: FieldViolation[] | undefined;

  /** Notes one violation; the same one a second time says nothing new. */
  add(field: string, description: string): void {
    this.#found ??= [];
    if (this.#found.some((known) => known.field === field && known.description === description)) return;
    this.#found.push({ field, description });
  }

  /** Whether something is wrong with the field. */
  has(field: string): boolean {
    return this.#found?.some((violation) => violation.field === field) ?? false;
  }

  /** Runs a check with its arguments: its result, or undefined and its violations kept, their fields below `prefix`. Other errors pass. */
  collect<Arguments extends unknown[], T>(prefix: string, check: (...args: Arguments) => T, ...args: Arguments): T | undefined {
    try {
      return check(...args);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      for (const { field, description } of error.violations) this.add(prefix + field, description);
      return undefined;
    }
  }

  /** The error with everything that was found; undefined if nothing was. */
  get error(): InvalidInputError | undefined {
    return this.#found && new InvalidInputError(this.#found);
  }

  /** Throws an `InvalidInputError` if anything was found. */
  throwIfAny(): void {
    if (this.#found !== undefined) throw new InvalidInputError(this.#found);
  }
}
