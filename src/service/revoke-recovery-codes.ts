/** RevokeRecoveryCodes: ends a set for ever, so that none of its codes is accepted. */
import { create } from '@bufbuild/protobuf';
import {
  type RevokeRecoveryCodesRequest,
  type RevokeRecoveryCodesResponse,
  RevokeRecoveryCodesResponseSchema,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import { Rejection } from '../ports/rejection.ts';
import type { CallContext } from '../rpc/context.ts';
import { auditSet, checkSet, openSet, type RecoveryPorts } from './recovery-set.ts';

/** Makes the handler. */
export function createRevokeRecoveryCodes(
  ports: RecoveryPorts,
): (request: RevokeRecoveryCodesRequest, context: CallContext) => Promise<RevokeRecoveryCodesResponse> {
  return async (request, context) => {
    const violations = new Violations();
    checkSet(request.set, violations);
    violations.throwIfAny();
    const now = context.now();
    using set = openSet(ports, request.set, context.principal, now);
    if (!ports.knows(context.principal)) throw new Rejection('store_unavailable');
    await ports.recovery.revoke(set.name, now);
    auditSet(ports.audit, 'recovery.revoked', set.name, context);
    return create(RevokeRecoveryCodesResponseSchema);
  };
}
