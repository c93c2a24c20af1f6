/** BatchToken: the codes of many keys. */
import type { BatchTokenRequest, BatchTokenResponse, TokenRequest, TokenResponse } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import type { CallContext } from '../rpc/context.ts';
import { runItems } from './batch.ts';
import type { SealingPort } from './sealed-key.ts';
import { createToken } from './token.ts';

/** The most neighbours of a code in a batch. An item costs one call, so it must not take longer than a call. */
const MOST_NEIGHBOURS = 2;

/** Makes the handler. */
export function createBatchToken(
  ports: SealingPort,
): (request: BatchTokenRequest, context: CallContext) => Promise<BatchTokenResponse> {
  const token = createToken(ports);

  function tokenOf(request: TokenRequest, context: CallContext): TokenResponse {
    const violations = new Violations();
    if ((request.pastSteps ?? 0) + (request.futureSteps ?? 0) > MOST_NEIGHBOURS) {
      violations.add('past_steps', `too many in a batch: together with future_steps at most ${MOST_NEIGHBOURS}, or call Token`);
    }
    const response = violations.collect('', token, request, context);
    violations.throwIfAny();
    if (response === undefined) throw new Error('a request without violations has an answer');
    return response;
  }

  return async ({ requests }, context) => {
    const outcomes = await runItems(
      requests,
      context,
      (request) => ({ case: 'response', value: tokenOf(request, context) }) as const,
      { field: 'requests' },
    );
    return {
      $typeName: 'otp.v1.BatchTokenResponse',
      results: outcomes.map((result) => ({ $typeName: 'otp.v1.BatchTokenResult', result })),
    };
  };
}
