/** APIVerve: `POST /v1/totpgenerator`, the current code of a secret in four formats, and `POST /v1/graphql` for the same. */
import { ErrorReason } from '../../../gen/ts/otp/v1/error_reason_pb.ts';
import { formatOf, write } from './api-verve-formats.ts';
import { generateTotp } from './api-verve-totp.ts';
import { type Failure, failureOf } from './failure.ts';
import { refuseGraphql } from './graphql-errors.ts';
import { readParameters } from './parameters.ts';
import type { RestApi, RestHead, RestRefusal } from './rest-api.ts';
import { apiVerveRoutes, GRAPHQL } from './routes.ts';

/** The names of this API for fields of the service. */
const NAMES = { period_seconds: 'period' };

export const apiVerve: RestApi = {
  routes: apiVerveRoutes,
  async answer(request, call) {
    if (request.path === GRAPHQL) {
      // Loaded separately, since it takes more memory than all the rest.
      const { answerGraphql } = await import('./api-verve-graphql.ts');
      return answerGraphql(request, call);
    }
    const format = formatOf(request);
    const data = await generateTotp(readParameters(request, ['json']), call);
    return write(format, 200, { status: 'ok', error: null, data });
  },
  refuse(refusal, head) {
    const failure = withOwnStatus(failureOf(refusal, NAMES), refusal);
    if (head.path === GRAPHQL) return refuseGraphql(failure, refusal.error);
    return write(formatOfRefusal(head), failure.status, { status: 'error', error: failure.message, data: null });
  },
};

/** Exhausted credits have another status than an exceeded limit, since this API documents both. */
function withOwnStatus(failure: Failure, { status }: RestRefusal): Failure {
  return status.reason === ErrorReason.CREDITS_EXHAUSTED ? { ...failure, status: 403 } : failure;
}

/** A request for an unknown format is answered in JSON. */
function formatOfRefusal(head: RestHead): ReturnType<typeof formatOf> {
  try {
    return formatOf(head);
  } catch {
    return 'json';
  }
}
