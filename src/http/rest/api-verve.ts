/** APIVerve: `POST /v1/totpgenerator`, the current code of a secret in four formats, and `POST /v1/graphql` for the same. */
import { formatOf, write } from './api-verve-formats.ts';
import { generateTotp } from './api-verve-totp.ts';
import { failureOf } from './failure.ts';
import { refuseGraphql } from './graphql-errors.ts';
import { readParameters } from './parameters.ts';
import type { RestApi, RestHead } from './rest-api.ts';
import { apiVerveRoutes, GRAPHQL } from './routes.ts';

/** The names that this API has for fields of the service. */
const NAMES = { period_seconds: 'period' };

export const apiVerve: RestApi = {
  routes: apiVerveRoutes,
  async answer(request, call) {
    if (request.path === GRAPHQL) {
      // It takes more memory than all the rest.
      const { answerGraphql } = await import('./api-verve-graphql.ts');
      return answerGraphql(request, call);
    }
    const format = formatOf(request);
    const data = await generateTotp(readParameters(request, ['json']), call);
    return write(format, 200, { status: 'ok', error: null, data });
  },
  refuse(refusal, head) {
    const failure = failureOf(refusal, NAMES);
    if (head.path === GRAPHQL) return refuseGraphql(failure, refusal.error);
    return write(formatOfRefusal(head), failure.status, { status: 'error', error: failure.message, data: null });
  },
};

/** A request for an unknown format is refused in JSON. */
function formatOfRefusal(head: RestHead): ReturnType<typeof formatOf> {
  try {
    return formatOf(head);
  } catch {
    return 'json';
  }
}
