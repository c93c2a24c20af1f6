/** The plans in force, which follow their file while the process runs. */

import { DEFAULT_PLANS, type Plans } from '../limits/plans.ts';
import type { Logger } from '../observability/log.ts';
import { followFile } from './followed-file.ts';
import { readPlans } from './plans-file.ts';

export interface LivePlans extends Disposable {
  readonly current: () => Plans;
}

/** Reads the plans, and again whenever their file changes; a file that cannot be used leaves them as they were. Throws as `readPlans` at first. */
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
