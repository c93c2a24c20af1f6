/** APIVerve's GraphQL: its documented query, other features of the language, its errors, and its bounds. */
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery, printSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runningMs } from '../support/running-time.ts';
import { CODE, postJson, type RestServer, SECRET, startRestServer } from './rest-server.ts';

const PATH = '/v1/graphql';
const DATA = { token: CODE.slice(2), digits: 6, period: 30, timeRemaining: 1, expiresAt: '2005-03-18T01:58:30Z' };
const INPUT = `input: { secret: "${SECRET}" }`;

let server: RestServer;

beforeAll(async () => {
  server = await startRestServer();
});
afterAll(() => server.close());

const ask = (body: unknown) => server.askWithKey(PATH, postJson(body));

describe('a query', () => {
  it('is answered as documented', async () => {
    const query = `query {
      totpgenerator(input: { secret: "${SECRET}" digits: 6 period: 30 }) { token digits period timeRemaining expiresAt }
    }`;
    const { status, headers, text } = await ask({ query });
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(text).toBe(JSON.stringify({ data: { totpgenerator: DATA } }));
  });

  it.each([
    [
      'the fields asked for',
      { query: `{ totpgenerator(${INPUT}) { expiresAt } }` },
      { totpgenerator: { expiresAt: DATA.expiresAt } },
    ],
    ['an alias', { query: `{ code: totpgenerator(${INPUT}) { is: token } }` }, { code: { is: DATA.token } }],
    [
      'variables',
      {
        query: 'query Code($input: TotpgeneratorInput!) { totpgenerator(input: $input) { token digits } }',
        variables: { input: { secret: SECRET, digits: 8 } },
        operationName: 'Code',
      },
      { totpgenerator: { token: CODE, digits: 8 } },
    ],
    [
      'a fragment and a directive',
      {
        query: `query ($no: Boolean = false) { totpgenerator(${INPUT}) { ...f digits @include(if: $no) } } fragment f on Totpgenerator { token }`,
      },
      { totpgenerator: { token: DATA.token } },
    ],
    [
      'the operation that is named',
      { query: `query A { __typename } query B { totpgenerator(${INPUT}) { token } }`, operationName: 'B' },
      { totpgenerator: { token: DATA.token } },
    ],
    [
      'nulls for what is optional',
      { query: '{ __typename }', variables: null, operationName: null, extensions: {} },
      { __typename: 'Query' },
    ],
  ])('may have %s', async (_, body, data) => {
    const { status, json } = await ask(body);
    expect([status, json]).toEqual([200, { data }]);
  });

  it('may introspect', async () => {
    const options = {
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    };
    const { status, json } = await ask({ query: getIntrospectionQuery(options) });
    expect(status).toBe(200);
    const schema = printSchema(buildClientSchema((json as { data: IntrospectionQuery }).data));
    expect(schema).toContain('totpgenerator(input: TotpgeneratorInput!): Totpgenerator');
  });
});

describe('errors', () => {
  it.each([
    [
      'a field that is not there',
      `{ totpgenerator(${INPUT}) { nothing } }`,
      'Cannot query field "nothing" on type "Totpgenerator".',
    ],
    [
      'no input',
      '{ totpgenerator { token } }',
      /^Argument "Query.totpgenerator\(input:\)" of type "TotpgeneratorInput!" is required/,
    ],
    ['no fields', `{ totpgenerator(${INPUT}) }`, /must have a selection of subfields/],
    [
      'a secret that is no text',
      `{ totpgenerator(input: { secret: ${SECRET} }) { token } }`,
      'String cannot represent a non string value',
    ],
    [
      'digits as text',
      `{ totpgenerator(input: { secret: "${SECRET}", digits: "6" }) { token } }`,
      'Int cannot represent non-integer value',
    ],
    [
      'digits out of range',
      `{ totpgenerator(input: { secret: "${SECRET}", digits: 9 }) { token } }`,
      'digits: must be a whole number from 6 to 8',
    ],
    [
      'a period out of range',
      `{ totpgenerator(input: { secret: "${SECRET}", period: 301 }) { token } }`,
      'period: must be a whole number from 1 to 300',
    ],
    [
      'no base32',
      '{ totpgenerator(input: { secret: "JBSWY3DPEHPK3PX1" }) { token } }',
      'secret: must be base32: the letters A to Z and the digits 2 to 7',
    ],
    ['no GraphQL', `{ "${SECRET}" }`, 'Syntax Error'],
    ['a mutation', `mutation { totpgenerator(${INPUT}) { token } }`, /mutation/],
    ['two operations and no name', 'query A { __typename } query B { __typename }', /Must provide operation name/],
  ])('400 for %s', async (_, query, message) => {
    const { status, json } = await ask({ query });
    const { errors, ...more } = json as { errors: { message: string; extensions: object }[] };
    expect([status, more, errors[0]?.extensions]).toEqual([400, {}, { code: 400 }]);
    if (typeof message === 'string') expect(errors[0]?.message).toBe(message);
    else expect(errors[0]?.message).toMatch(message);
  });

  it.each([
    ['an unknown member', { input: { secret: SECRET, nothing: 1 } }],
    ['a missing one', { input: { sekret: SECRET } }],
    ['a list', { input: [SECRET] }],
    ['a text', { input: SECRET }],
    ['nothing', undefined],
  ])('400 for variables with %s', async (_, variables) => {
    const query = 'query ($input: TotpgeneratorInput!) { totpgenerator(input: $input) { token } }';
    const { status, json } = await ask({ query, variables });
    const { errors } = json as { errors: { extensions: object }[] };
    expect([status, errors[0]?.extensions]).toEqual([400, { code: 400 }]);
  });

  it.each([
    [{}, 'query: is required: send the text of the query'],
    [{ query: 5 }, 'query: is required: send the text of the query'],
    [{ query: '{ __typename }', variables: [] }, 'variables: must be an object'],
    [{ query: '{ __typename }', variables: 'x' }, 'variables: must be an object'],
    [{ query: '{ __typename }', operationName: 5 }, 'operationName: must be text'],
    [[{ query: '{ __typename }' }], 'the body must be a JSON object'],
    ['{', 'the body is not valid JSON, or has a member twice'],
  ])('400 for %j', async (body, message) => {
    const { status, json } = await ask(body);
    expect([status, json]).toEqual([400, { errors: [{ message, extensions: { code: 400 } }] }]);
  });

  it('415 for another content type, 401 without an API key, 403 without the scope', async () => {
    const good = { query: `{ totpgenerator(${INPUT}) { token } }` };
    const replies = [
      await server.askWithKey(PATH, postJson(good, { 'content-type': 'application/graphql' })),
      await server.ask(PATH, postJson(good)),
      await server.ask(PATH, postJson(good, { 'x-api-key': await server.createKey({ scopes: ['generate'] }) })),
    ];
    expect(replies.map(({ status, json }) => [status, json])).toEqual(
      [415, 401, 403].map((code) => [code, { errors: [{ message: expect.any(String), extensions: { code } }] }]),
    );
  });

  it('never repeat a secret, nor log it as a fault', async () => {
    for (const { query, variables } of [
      { query: `{ totpgenerator(input: { secret: ${SECRET} }) { token } }` },
      { query: `{ totpgenerator(input: { digits: "${SECRET}" }) { token } }` },
      { query: `{ totpgenerator(input: "${SECRET}") { token } }` },
      { query: `{ "${SECRET}"` },
      ...[{ sekret: SECRET }, { secret: [SECRET] }, SECRET, { secret: SECRET, digits: SECRET }].map((input) => ({
        query: 'query ($input: TotpgeneratorInput!) { totpgenerator(input: $input) { token } }',
        variables: { input },
      })),
    ] as { query: string; variables?: object }[]) {
      const { status, text } = await ask({ query, variables });
      expect([status, text.includes(SECRET)]).toEqual([400, false]);
    }
    expect(server.log.filter((line) => line.includes(SECRET) || JSON.parse(line).level >= 50)).toEqual([]);
  });
});

describe('bounds', () => {
  const spread = (name: string, next: string) =>
    `fragment ${name} on __Type { a: ofType { ...${next} } b: ofType { ...${next} } }`;
  const chain = Array.from({ length: 12 }, (_, i) => spread(`f${i}`, `f${i + 1}`)).join(' ');
  it.each([
    [
      'one code after another',
      `{ ${Array.from({ length: 30 }, (_, i) => `c${i}: totpgenerator(${INPUT}) { token }`).join(' ')} }`,
    ],
    ['two codes', `{ a: totpgenerator(${INPUT}) { token } b: totpgenerator(${INPUT}) { token } }`],
    ['a deep query', `{ __type(name: "Query") ${'{ ofType '.repeat(25)}{ name }${' }'.repeat(25)} }`],
    ['brackets without end', '{ a '.repeat(10_000)],
    ['a wide query', `{ ${'__typename '.repeat(1000)} }`],
    ['fragments that double', `{ __type(name: "Query") { ...f0 } } ${chain} fragment f12 on __Type { name }`],
    ['fragments in a circle', 'query { ...a } fragment a on Query { ...b } fragment b on Query { ...a }'],
    ['lists in lists', `{ __schema ${'{ types { fields { type '.repeat(5)}{ name }${' } } }'.repeat(5)} }`],
    ['a long text', `{ totpgenerator(input: { secret: "${'A'.repeat(60_000)}" }) { token } }`],
    ['directives without end', `{ __typename ${'@include(if: true) '.repeat(2000)} }`],
  ])('refuse %s', async (_, query) => {
    const started = runningMs();
    const { status, json } = await ask({ query });
    expect([status, json]).toEqual([400, { errors: expect.any(Array) }]);
    expect(runningMs() - started).toBeLessThan(5000);
  });
});
