/** Reads the violations of a refused input, for assertions. */
import { InvalidInputError } from '../../src/otp/error.ts';

/** The violations as `field: description`; throws whatever else the function throws, and if it throws nothing. */
export function violationsOf(refused: () => unknown): string[] {
  try {
    refused();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return error.violations.map(({ field, description }) => `${field}: ${description}`);
  }
  throw new Error('the input was accepted');
}

/** The fields that are wrong. */
export function fieldsOf(refused: () => unknown): string[] {
  return violationsOf(refused).map((violation) => violation.slice(0, violation.indexOf(':')));
}

/** Runs a function that may refuse its input, and may throw nothing else. */
export function tolerate(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
  }
}
