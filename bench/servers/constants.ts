/** The answers of the bare server, with the same fields and lengths as the answers of the product. */
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Algorithm, OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import {
  type TokenResponse,
  TokenResponseSchema,
  type VerifyResponse,
  VerifyResponseSchema,
  VerifyStatus,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';

const PERIOD = 30;
const STEP = 59_840_973;

export const CONSTANT_TOKEN: TokenResponse = create(TokenResponseSchema, {
  token: {
    code: '123456',
    step: BigInt(STEP),
    validFrom: timestampFromMs(STEP * PERIOD * 1000),
    expireTime: timestampFromMs((STEP + 1) * PERIOD * 1000),
    remainingSeconds: 11,
    serverTime: timestampFromMs(STEP * PERIOD * 1000 + 19_770),
    type: OtpType.TOTP,
    algorithm: Algorithm.SHA1,
    digits: 6,
    periodSeconds: PERIOD,
  },
});

/** The answer to a wrong code. */
export const CONSTANT_VERIFY: VerifyResponse = create(VerifyResponseSchema, {
  status: VerifyStatus.MISMATCH,
  attemptsRemaining: 4,
});
