/** Reads the violations of a refused input, for assertions. */
import { InvalidInputError } from '../../src/otp/error.ts';

/** Returns the violations as `field: description`. Throws any other error, and an error if the function throws nothing. */
export function violationsOf(refused: () => unknown): string[] {
  try {
    refused();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return error.violations.map(({ field, description }) => `${field}: ${description}`);
  }
  throw new Error('the input was accepted');
}

/** Returns the fields with violations. */
export function fieldsOf(refused: () => unknown): string[] {
  return violationsOf(refused).map((violation) => violation.slice(0, violation.indexOf(':')));
}

/** Runs a function that may refuse its input; throws any other error. */
export function tolerate(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
  }
}
