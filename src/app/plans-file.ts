/** The plans in force: those of the file that the operator names, or the built-in ones. */
import { readFileSync } from 'node:fs';
import { SETTINGS } from '../config/settings.ts';
import { DEFAULT_PLANS, type Plans, parsePlans } from '../limits/plans.ts';
import { InvalidInputError, invalid } from '../otp/error.ts';

const { flag } = SETTINGS.plans;

/** Reads the plans. Throws `InvalidInputError` under the name of the setting, with every mistake of the file. */
export function readPlans(file: string | undefined): Plans {
  if (file === undefined) return DEFAULT_PLANS;
  const text = readText(file);
  try {
    return parsePlans(text);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(
      error.violations.map(({ field, description }) => ({ field: flag, description: `${field} ${description}` })),
    );
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(flag, `cannot be read (${(error as NodeJS.ErrnoException).code}): correct the path or its mode`);
  }
}
