/** GetApiKeyUsage: how much of its plan an API key has used. */
import { create } from '@bufbuild/protobuf';
import {
  type GetApiKeyUsageRequest,
  type GetApiKeyUsageResponse,
  GetApiKeyUsageResponseSchema,
} from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { planOf } from '../../limits/plans.ts';
import type { CallContext } from '../../rpc/context.ts';
import { type UsagePorts, usageMessage } from '../get-usage.ts';
import { type ApiKeyPorts, readName } from './api-key.ts';

/** Makes the handler. It returns the windows of the key's current plan, and rejects as the handler of GetUsage does. */
export function createGetApiKeyUsage({
  keys,
  limits,
  plans,
}: Pick<ApiKeyPorts, 'keys'> & UsagePorts): (
  request: GetApiKeyUsageRequest,
  context: CallContext,
) => Promise<GetApiKeyUsageResponse> {
  return async ({ name }, context) => {
    const { id, plan: planName } = await keys.find(readName(name));
    const plan = planOf(plans(), planName);
    const windows = await limits.usage(id, plan.windows, context.now());
    return create(GetApiKeyUsageResponseSchema, { plan: `plans/${plan.name}`, windows: windows.map(usageMessage) });
  };
}
