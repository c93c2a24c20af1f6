/** GenerateRecoveryCodes: a list of codes for the user, and the sealed set of their hashes for the caller. */
import { create } from '@bufbuild/protobuf';
import {
  type GenerateRecoveryCodesRequest,
  type GenerateRecoveryCodesResponse,
  GenerateRecoveryCodesResponseSchema,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import { CODE_COUNT, CODE_LENGTHS, DEFAULT_CODE_COUNT, formatCode } from '../recovery/codes.ts';
import { makeSet } from '../recovery/set.ts';
import type { CallContext } from '../rpc/context.ts';
import { auditSet, type RecoveryPorts, sealSet } from './recovery-set.ts';
import { checkContext } from './sealed-key.ts';

/** Makes the handler. It does not use the store: a set has no state before its first code is tried. */
export function createGenerateRecoveryCodes({
  sealing,
  fingerprints,
  audit,
}: RecoveryPorts): (request: GenerateRecoveryCodesRequest, context: CallContext) => GenerateRecoveryCodesResponse {
  return (request, context) => {
    const { count, codeLength } = readRequest(request);
    const now = context.now();
    const { set, codes } = makeSet(count, codeLength, fingerprints.ofRecoveryCode, now);
    const binding = { tenant: context.principal.tenant, context: request.sealedContext };
    const sealed = sealSet(sealing, set, binding, now);
    auditSet(audit, 'recovery.generated', fingerprints.ofRecoverySet(set.id), context);
    return create(GenerateRecoveryCodesResponseSchema, { codes: codes.map(formatCode), set: sealed });
  };
}

function readRequest({ count, codeLength, sealedContext }: GenerateRecoveryCodesRequest) {
  const violations = new Violations();
  const { min, max } = CODE_COUNT;
  if (count > max) violations.add('count', `must be ${min} to ${max}, or 0 for ${DEFAULT_CODE_COUNT}`);
  const length = CODE_LENGTHS.find((one) => one === (codeLength || CODE_LENGTHS[0]));
  if (length === undefined) violations.add('code_length', `must be ${CODE_LENGTHS.join(' or ')}, or 0 for ${CODE_LENGTHS[0]}`);
  checkContext(violations, 'sealed_context', sealedContext);
  violations.throwIfAny();
  return { count: count || DEFAULT_CODE_COUNT, codeLength: length ?? CODE_LENGTHS[0] };
}
