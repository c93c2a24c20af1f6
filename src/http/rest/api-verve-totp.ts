/** The call of APIVerve's API, for every form of its parameters and its answer. */
import { OtpService } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Parameters } from './parameters.ts';
import type { RestCalls } from './rest-api.ts';
import { timesOf } from './times.ts';

/** The documented bounds; those of `period` are in seconds. */
const DIGITS = { min: 6, max: 8 };
const PERIOD = { min: 1, max: 300 };

/** The data of the answer. */
export interface GeneratedTotp {
  readonly token: string;
  readonly digits: number;
  readonly period: number;
  /** Whole seconds, rounded up. */
  readonly timeRemaining: number;
  /** In RFC 3339, with whole seconds. */
  readonly expiresAt: string;
}

/** The current code. Throws `InvalidInputError` for the parameters, and the errors of the call. */
export async function generateTotp(parameters: Parameters, call: RestCalls): Promise<GeneratedTotp> {
  const secret = parameters.requiredText('secret', 'send the base32 text of the key');
  const digits = parameters.wholeNumber('digits', DIGITS) ?? 6;
  const period = parameters.wholeNumber('period', PERIOD) ?? 30;
  parameters.throwIfAny();
  const key = { source: { case: 'secret', value: secret }, digits, periodSeconds: period } as const;
  const { token } = await call(OtpService.method.token, { key });
  const { expireTime, serverTime } = timesOf(token);
  return {
    token: token?.code ?? '',
    digits,
    period,
    timeRemaining: expireTime - serverTime,
    expiresAt: new Date(expireTime * 1000).toISOString().replace('.000Z', 'Z'),
  };
}
