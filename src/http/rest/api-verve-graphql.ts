/** APIVerve's GraphQL: `totpgenerator` as a field, with introspection, and bounds on the query. */
import {
  buildSchema,
  type DocumentNode,
  execute,
  GraphQLError,
  parse,
  recommendedRules,
  specifiedRules,
  validate,
} from 'graphql';
import { generateTotp } from './api-verve-totp.ts';
import { bodyType, decode, parseObject } from './body.ts';
import { UnreadableRequest } from './failure.ts';
import { sizeOf } from './graphql-bounds.ts';
import { InvalidQuery } from './graphql-errors.ts';
import { Parameters } from './parameters.ts';
import { json, type RestAnswer, type RestCalls, type RestRequest } from './rest-api.ts';

const SCHEMA = buildSchema(`
  type Query {
    "The current code of a secret (RFC 6238). A query may ask for one."
    totpgenerator(input: TotpgeneratorInput!): Totpgenerator
  }

  input TotpgeneratorInput {
    "The shared secret in base32."
    secret: String!
    "The length of the code, 6 to 8."
    digits: Int = 6
    "The time step in seconds, 1 to 300."
    period: Int = 30
  }

  type Totpgenerator {
    "The code."
    token: String!
    "The length of the code."
    digits: Int!
    "The time step in seconds."
    period: Int!
    "Whole seconds until the code expires, rounded up."
    timeRemaining: Int!
    "When the code expires, in RFC 3339."
    expiresAt: String!
  }
`);
const RULES = [...specifiedRules, ...recommendedRules];

/** The introspection query of GraphiQL has some 200 tokens and 280 fields, nested 15 deep. */
const MAX_TOKENS = 500;
const MAX_FIELDS = 400;
const MAX_DEPTH = 20;
const MAX_ERRORS = 5;

/** Answers a query that has no errors. Throws `InvalidQuery`, and the errors of the call: a failed query is not paid for. */
export async function answerGraphql(request: RestRequest, call: RestCalls): Promise<RestAnswer> {
  const { query, variables, operationName } = readBody(request);
  const document = parseQuery(query);
  const mistakes = validate(SCHEMA, document, RULES, { maxErrors: MAX_ERRORS });
  if (mistakes.length > 0) throw new InvalidQuery(mistakes);
  let isAsked = false;
  const totpgenerator = ({ input }: { input: object }) => {
    // The request was charged once.
    if (isAsked) throw new UnreadableRequest(400, 'query: may ask for one totpgenerator');
    isAsked = true;
    const parameters = new Parameters();
    for (const [name, value] of Object.entries(input)) parameters.add(name, value);
    return generateTotp(parameters, call);
  };
  const { data, errors = [] } = await execute({
    schema: SCHEMA,
    document,
    rootValue: { totpgenerator },
    variableValues: variables,
    operationName,
  });
  // An error of the library may contain a secret, and is not a fault of the server, so it is not logged.
  for (const { originalError } of errors)
    if (originalError !== undefined && !(originalError instanceof GraphQLError)) throw originalError;
  if (errors.length > 0) throw new InvalidQuery(errors.slice(0, MAX_ERRORS));
  return json(200, { data });
}

function parseQuery(query: string): DocumentNode {
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) throw new InvalidQuery([error]);
    throw error;
  }
  const { fields, depth } = sizeOf(document);
  if (fields > MAX_FIELDS) throw new UnreadableRequest(400, `query: may ask for ${MAX_FIELDS} fields at most`);
  if (depth > MAX_DEPTH) throw new UnreadableRequest(400, `query: may be ${MAX_DEPTH} fields deep at most`);
  return document;
}

interface Body {
  readonly query: string;
  readonly variables: Record<string, unknown> | undefined;
  readonly operationName: string | undefined;
}

function readBody(request: RestRequest): Body {
  if (bodyType(request.header('content-type')) !== 'json') throw new UnreadableRequest(415, 'the body must be application/json');
  const { query, variables, operationName } = parseObject(decode(request.body));
  if (typeof query !== 'string') throw new UnreadableRequest(400, 'query: is required: send the text of the query');
  if (!isTextOrNothing(operationName)) throw new UnreadableRequest(400, 'operationName: must be text');
  if (!isObjectOrNothing(variables)) throw new UnreadableRequest(400, 'variables: must be an object');
  return { query, variables: variables ?? undefined, operationName: operationName ?? undefined };
}

function isTextOrNothing(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === 'string';
}

function isObjectOrNothing(value: unknown): value is Record<string, unknown> | null | undefined {
  return value === undefined || (typeof value === 'object' && !Array.isArray(value));
}
