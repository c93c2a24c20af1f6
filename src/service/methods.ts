/** The methods of the service: what each needs, and what answers it. */
import type { DescMethod } from '@bufbuild/protobuf';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Method, StreamingMethod, UnaryMethod } from '../rpc/method.ts';
import { createTurns } from '../rpc/work-queue.ts';
import type { Sealing } from '../sealing/sealing.ts';
import { batchToken } from './batch-token.ts';
import { createBatchVerify } from './batch-verify.ts';
import { createGenerate } from './generate.ts';
import { createGetUsage, type UsagePorts } from './get-usage.ts';
import { token } from './token.ts';
import { createVerify, type VerifyPorts } from './verify.ts';
import { watchToken } from './watch-token.ts';

/** The parts that the methods need. */
export interface ServicePorts extends VerifyPorts, UsagePorts {
  readonly sealing: Sealing;
  /** How long an enrolment may be confirmed after its key was sealed, in ms. */
  readonly enrolmentTtlMs: number;
}

/** All methods of `otp.v1.OtpService`. */
export function otpMethods(ports: ServicePorts): readonly Method[] {
  const { method } = OtpService;
  return [
    unary({ descriptor: method.generate, scope: 'generate', handle: createGenerate(createTurns()) }),
    unary({ descriptor: method.token, scope: 'token', handle: token }),
    unary({ descriptor: method.verify, scope: 'verify', handle: createVerify(ports) }),
    unary({ descriptor: method.batchToken, scope: 'token', handle: batchToken }),
    unary({ descriptor: method.batchVerify, scope: 'verify', handle: createBatchVerify(ports) }),
    unary({ descriptor: method.getUsage, scope: 'any', isFree: true, handle: createGetUsage(ports) }),
    streaming({ descriptor: method.watchToken, scope: 'token', handle: watchToken }),
  ];
}

// Checked against the descriptor here, where it is known; behind the list only the descriptor itself is needed to decode and encode.
function unary<M extends DescMethod>(method: Omit<UnaryMethod<M>, 'kind'>): Method {
  return { kind: 'unary', ...method } as object as Method;
}

function streaming<M extends DescMethod>(method: Omit<StreamingMethod<M>, 'kind'>): Method {
  return { kind: 'server_streaming', ...method } as object as Method;
}
