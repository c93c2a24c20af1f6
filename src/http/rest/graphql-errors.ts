/** Errors in the form of GraphQL, without its library, which calls without an API key must not load. */
import { type Failure, UnreadableRequest } from './failure.ts';
import { json, type RestAnswer } from './rest-api.ts';

/** A mistake in a query. */
export interface QueryError {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[] | undefined;
}

/** An invalid query, with its first mistakes. */
export class InvalidQuery extends UnreadableRequest {
  readonly errors: readonly QueryError[];

  constructor(errors: readonly QueryError[]) {
    super(400, 'the query is not valid');
    this.errors = errors.map(({ message, locations }) => ({ message: withoutValue(message), locations }));
  }
}

/** The answer to a failed query. The extensions contain the code too, for clients that do not show status codes. */
export function refuseGraphql({ status, message }: Failure, error: unknown): RestAnswer {
  const errors = error instanceof InvalidQuery ? error.errors : [{ message }];
  return json(status, { errors: errors.map((one) => ({ ...one, extensions: { code: status } })) });
}

/** The messages of the library end with the invalid value, which may be a secret. */
function withoutValue(message: string): string {
  return message.replace(/(?:, found)?: .*$/s, '');
}
