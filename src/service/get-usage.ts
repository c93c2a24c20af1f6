/** GetUsage: how much of its plan the calling API key has used. */
import type { GetUsageRequest, GetUsageResponse, WindowUsage } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { creditShareOf } from '../limits/calendar-month.ts';
import { type Plans, planOf } from '../limits/plans.ts';
import { MONTH } from '../ports/limits.ts';
import type { LimitStore, WindowUsage as Usage } from '../ports/store.ts';
import type { CallContext } from '../rpc/context.ts';
import { timestamp } from './numbers.ts';

export interface UsagePorts {
  /** The counts of the service. */
  readonly limits: LimitStore;
  /** The plans in force. */
  readonly plans: () => Plans;
}

/** Makes the handler. It rejects with `StoreUnavailableError` while the shared counts cannot be reached, since the counts of one process are not all. */
export function createGetUsage(ports: UsagePorts): (request: GetUsageRequest, context: CallContext) => Promise<GetUsageResponse> {
  return async (_, { principal, call, now }) => {
    const plan = planOf(ports.plans(), principal.plan);
    const windows = await ports.limits.usage(principal.keyId, plan.windows, now());
    // This call is not charged to the month, so no charge has returned its state.
    const month = windows.find(({ window }) => window.name === MONTH);
    if (month !== undefined) call.creditShare = creditShareOf(month.used, month.window.limit);
    return { $typeName: 'otp.v1.GetUsageResponse', plan: plan.name, windows: windows.map(usageMessage) };
  };
}

/** The usage of a window. */
export function usageMessage({ window, used, resetTime }: Usage): WindowUsage {
  const message: WindowUsage = {
    $typeName: 'otp.v1.WindowUsage',
    window: window.name,
    limit: BigInt(window.limit),
    used: BigInt(used),
  };
  return resetTime === undefined ? message : { ...message, resetTime: timestamp(resetTime) };
}
