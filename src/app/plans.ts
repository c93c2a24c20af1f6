/** The current plans: the built-in ones, or those in the operator's file, which is read again whenever it changes. */
import { SETTINGS } from '../config/settings.ts';
import { DEFAULT_PLANS, type Plans, parsePlans } from '../limits/plans.ts';
import type { Logger } from '../observability/log.ts';
import { restating } from '../otp/error.ts';
import { followFile, readSettingFile } from './setting-file.ts';

const { flag } = SETTINGS.plans;

/** Reads the plans. Throws `InvalidInputError` for the setting, with every mistake in the file. */
export function readPlans(file: string | undefined): Plans {
  if (file === undefined) return DEFAULT_PLANS;
  const text = readSettingFile(file, flag);
  return restating(
    ({ field, description }) => ({ field: flag, description: `${field} ${description}` }),
    () => parsePlans(text),
  );
}

export interface LivePlans extends Disposable {
  readonly current: () => Plans;
}

/** Reads the plans, and again whenever their file changes. A changed file that is not valid is ignored. Throws as `readPlans` does at first. */
export function openLivePlans(file: string | undefined, logger: Logger): LivePlans {
  let plans: Plans | undefined;
  if (file === undefined) return { current: () => DEFAULT_PLANS, [Symbol.dispose]: () => undefined };
  const following = followFile(file, {
    read() {
      const fresh = readPlans(file);
      const isFirst = plans === undefined;
      plans = fresh;
      if (!isFirst) logger.info({ plans: [...fresh.keys()] }, 'plans read again');
      return undefined;
    },
    onProblem: (problem) => logger.warn({ problem }, 'plans not usable: the old ones stay in force'),
  });
  return { current: () => plans as Plans, [Symbol.dispose]: () => following[Symbol.dispose]() };
}
