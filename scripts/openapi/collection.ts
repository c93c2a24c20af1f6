/** Prints a Postman collection (format 2.1, which Bruno and Insomnia also import) from the OpenAPI documents that are its arguments. */
import { readFileSync } from 'node:fs';

/** The parts of the documents that the collection uses. */
interface Document {
  readonly info: { readonly title: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly {
    readonly in?: string;
    readonly name: string;
    readonly schema: { readonly examples?: readonly string[] };
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly example?: unknown; readonly examples?: Examples }>>;
  };
}

type Examples = Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;

const documents = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')) as Document);
const collection = {
  info: {
    name: 'otpd',
    description: 'Made from the OpenAPI documents of otpd. Set the variables `baseUrl` and `apiKey` before the first call.',
    schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
  },
  auth: {
    type: 'apikey',
    apikey: [
      { key: 'key', value: 'x-api-key' },
      { key: 'value', value: '{{apiKey}}' },
      { key: 'in', value: 'header' },
    ],
  },
  variable: [
    { key: 'baseUrl', value: 'http://127.0.0.1:50080' },
    { key: 'apiKey', value: '' },
  ],
  item: Object.entries(Object.groupBy(documents.flatMap(operationsOf), ({ folder }) => folder)).map(([name, items = []]) => ({
    name,
    item: items.flatMap(({ items: own }) => own),
  })),
};
process.stdout.write(`${JSON.stringify(collection, undefined, 2)}\n`);

/** Returns the requests of a document with the names of their folders. Skips operations without JSON, which are streams. */
function operationsOf({ paths }: Document): { folder: string; items: object[] }[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      folder: operation.tags[0] ?? '',
      items: requestsOf(method.toUpperCase(), path, operation),
    })),
  );
}

/** Returns a request for each example of the body. */
function requestsOf(
  method: string,
  path: string,
  { summary, description, security, parameters = [], requestBody }: Operation,
): object[] {
  const query = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema: { examples: [value] = [] } }) => ({ key: name, value: value ?? '', disabled: value === undefined }));
  const sent = query.filter(({ disabled }) => !disabled).map(({ key, value }) => `${key}=${encodeURIComponent(value)}`);
  const url = {
    raw: `{{baseUrl}}${path}${sent.length > 0 ? `?${sent.join('&')}` : ''}`,
    host: ['{{baseUrl}}'],
    path: path.slice(1).split('/'),
    query,
  };
  const auth = security?.length === 0 ? { auth: { type: 'noauth' } } : {};
  const request = { method, url, description, ...auth };
  if (requestBody === undefined) return [{ name: summary, request }];
  const json = requestBody.content['application/json'];
  const examples = json?.examples ?? (json === undefined ? {} : { only: { summary, value: json.example } });
  return Object.values(examples).map((example) => ({
    name: example.summary,
    request: {
      ...request,
      header: [{ key: 'content-type', value: 'application/json' }],
      body: { mode: 'raw', raw: JSON.stringify(example.value, undefined, 2), options: { raw: { language: 'json' } } },
    },
  }));
}
