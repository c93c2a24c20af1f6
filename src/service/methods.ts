/** The methods of the service: their handlers, and the scope that each requires. */
import type { DescMethod } from '@bufbuild/protobuf';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Method, StreamingMethod, UnaryMethod } from '../rpc/method.ts';
import { createTurns } from '../rpc/work-queue.ts';
import { createBatchToken } from './batch-token.ts';
import { createBatchVerify } from './batch-verify.ts';
import { createExportKeys } from './export-keys.ts';
import { createGenerate, type GeneratePorts } from './generate.ts';
import { createGenerateRecoveryCodes } from './generate-recovery-codes.ts';
import { createGetUsage, type UsagePorts } from './get-usage.ts';
import { createImportKeys } from './import-keys.ts';
import type { RecoveryPorts } from './recovery-set.ts';
import { createResyncHotp } from './resync-hotp.ts';
import { createRevokeRecoveryCodes } from './revoke-recovery-codes.ts';
import { createRewrap } from './rewrap.ts';
import { createSeal } from './seal.ts';
import { createToken } from './token.ts';
import { createVerify, type VerifyPorts } from './verify.ts';
import { createVerifyRecoveryCode } from './verify-recovery-code.ts';
import { createWatchToken } from './watch-token.ts';

/** The dependencies of all methods. */
export type ServicePorts = GeneratePorts & VerifyPorts & RecoveryPorts & UsagePorts;

/** All methods of `otp.v1.OtpService`. */
export function otpMethods(ports: ServicePorts): readonly Method[] {
  const { method } = OtpService;
  return [
    unary({ descriptor: method.generate, scope: 'generate', handle: createGenerate(ports, createTurns()) }),
    unary({ descriptor: method.token, scope: 'token', handle: createToken(ports) }),
    unary({ descriptor: method.verify, scope: 'verify', handle: createVerify(ports, createTurns()) }),
    unary({ descriptor: method.batchToken, scope: 'token', handle: createBatchToken(ports) }),
    unary({ descriptor: method.batchVerify, scope: 'verify', handle: createBatchVerify(ports, createTurns()) }),
    unary({ descriptor: method.resyncHotp, scope: 'verify', handle: createResyncHotp(ports, createTurns()) }),
    unary({ descriptor: method.seal, scope: 'seal', handle: createSeal(ports) }),
    unary({ descriptor: method.rewrap, scope: 'seal', handle: createRewrap(ports) }),
    unary({ descriptor: method.generateRecoveryCodes, scope: 'generate', handle: createGenerateRecoveryCodes(ports) }),
    unary({ descriptor: method.verifyRecoveryCode, scope: 'verify', handle: createVerifyRecoveryCode(ports) }),
    unary({ descriptor: method.revokeRecoveryCodes, scope: 'generate', handle: createRevokeRecoveryCodes(ports) }),
    unary({ descriptor: method.importKeys, scope: 'seal', handle: createImportKeys(ports) }),
    unary({ descriptor: method.exportKeys, scope: 'export', handle: createExportKeys(ports) }),
    unary({ descriptor: method.getUsage, scope: 'any', isFree: true, handle: createGetUsage(ports) }),
    streaming({ descriptor: method.watchToken, scope: 'token', handle: createWatchToken(ports) }),
  ];
}

/** Checks the handler against the descriptor here, where its type is known; decoding and encoding need only the descriptor. */
export function unary<M extends DescMethod>(method: Omit<UnaryMethod<M>, 'kind'>): Method {
  return { kind: 'unary', ...method } as object as Method;
}

function streaming<M extends DescMethod>(method: Omit<StreamingMethod<M>, 'kind'>): Method {
  return { kind: 'server_streaming', ...method } as object as Method;
}
