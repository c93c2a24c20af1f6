/** GetServerStatus: the state of the process, and the outcomes of its checks in the last hour. */
import { create } from '@bufbuild/protobuf';
import {
  type GetServerStatusRequest,
  type GetServerStatusResponse,
  GetServerStatusResponseSchema,
} from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import type { CallContext } from '../../rpc/context.ts';

/** The state of the process. */
export interface StatusPorts {
  readonly isStoreUp: () => boolean;
  /** Whether this process counts calls by itself, because the shared store cannot be reached. */
  readonly areLimitsLocal: () => boolean;
  /** The number of each outcome in the last hour. */
  readonly outcomes: (now: number) => ReadonlyMap<string, number>;
}

/** Makes the handler, which asks no store. */
export function createGetServerStatus({
  isStoreUp,
  areLimitsLocal,
  outcomes,
}: StatusPorts): (request: GetServerStatusRequest, context: CallContext) => GetServerStatusResponse {
  return (_, { now }) =>
    create(GetServerStatusResponseSchema, {
      storeReachable: isStoreUp(),
      limitsLocal: areLimitsLocal(),
      outcomes: [...outcomes(now())].map(([outcome, count]) => ({ outcome, count: BigInt(count) })),
    });
}
