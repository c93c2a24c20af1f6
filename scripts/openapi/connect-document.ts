/** Makes the OpenAPI documents of the calls over HTTP with JSON (the unary form of the Connect protocol) from the contract and its comments. */
import type { DescFile, DescMethod, DescService } from '@bufbuild/protobuf';
import { errorResponses, errorSchemas } from './errors.ts';
import { EXAMPLES } from './examples.ts';
import { commentOf, enumSchema, messageSchema, reachable, refTo, WELL_KNOWN } from './json-schema.ts';
import {
  ANSWER_HEADER_REFS,
  ANSWER_HEADERS,
  ERROR_HEADER_REFS,
  type Example,
  type Json,
  RETRY_HEADER,
  SECURITY,
  SECURITY_SCHEMES,
  SERVERS,
} from './shared.ts';

/** The facts about a document, which describes the services of a package. */
export interface About {
  readonly file: string;
  readonly package: string;
  readonly title: string;
  readonly summary: string;
  /** The first paragraph of the description. */
  readonly introduction: string;
  /** An example of a first call: its path below the server, and its body. */
  readonly firstCall: readonly [path: string, body: string];
}

export const DOCUMENTS: readonly About[] = [
  {
    file: 'openapi.json',
    package: 'otp.v1',
    title: 'otpd',
    summary: 'One-time passwords for other services',
    introduction: 'Issues and checks one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).',
    firstCall: ['otp.v1.OtpService/Token', '{"key": {"secret": "JBSWY3DPEHPK3PXP"}}'],
  },
  {
    file: 'openapi-admin.json',
    package: 'otp.admin.v1',
    title: 'otpd: administration',
    summary: 'API keys, plans, sealing keys and locks of a server',
    introduction: `For operators: its API keys, plans and sealing keys, its status, and the locks of users. Every call needs an API key with the scope
\`admin\`, which \`otpd keys create --name ops --scopes admin\` makes; every change is written to the audit trail.`,
    firstCall: ['otp.admin.v1.AdminService/ListApiKeys', '{"pageSize": 10}'],
  },
];

const descriptionOf = ({ introduction, firstCall: [path, body] }: About): string => `${introduction}

Every call is a POST with JSON, as the Connect protocol has it, so that \`curl\` is enough:

\`\`\`sh
curl -H 'content-type: application/json' -H "x-api-key: $OTPD_API_KEY" \\
  -d '${body}' http://127.0.0.1:50080/${path}
\`\`\`

The JSON is that of proto3. Fields are named in lowerCamelCase; requests may use the names of the contract, in snake_case, too. Numbers of 64 bits
are strings, and requests may have numbers instead. Bytes are in base64. A field with its default value (0, \`false\`, \`""\`, the first value of an
enum) is left out of an answer. A field that is unknown is refused.

A body may have at most 64 KiB, and may be compressed with gzip or br (\`content-encoding\`).`;

const TIMEOUT = {
  name: 'connect-timeout-ms',
  in: 'header',
  description: 'How long the caller waits, in ms. The server itself takes five seconds at most.',
  schema: { type: 'string', pattern: '^[0-9]{1,10}$' },
};
const REQUEST_ID = {
  name: 'x-request-id',
  in: 'header',
  description: 'An id of the call for logs, up to 128 letters, digits and `_.:/+=@-`; the server makes one if there is none.',
  schema: { type: 'string' },
};

/** Describes the services of a package among `files`, which also contain the reasons of errors. */
export function connectDocument(files: readonly DescFile[], about: About): Json {
  const services = files.filter((file) => file.proto.package === about.package).flatMap((file) => file.services);
  const methods = services.flatMap((service) => service.methods);
  const reasons = files.flatMap((file) => file.enums).find(({ typeName }) => typeName === 'otp.v1.ErrorReason');
  if (reasons === undefined) throw new Error('the contract has no otp.v1.ErrorReason');
  const { responses, statuses } = errorResponses(reasons, ERROR_HEADER_REFS);
  const errors = Object.fromEntries([...statuses].map(([name, status]) => [status, { $ref: `#/components/responses/${name}` }]));
  const inputs = reachable(methods.map(({ input }) => input));
  const types = reachable(methods.flatMap(({ input, output }) => [input, output]));
  return {
    openapi: '3.1.0',
    info: {
      title: about.title,
      version: 'v1',
      summary: about.summary,
      description: descriptionOf(about),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: SERVERS,
    security: SECURITY,
    tags: services.map((service) => ({ name: service.name, description: commentOf(service) })),
    paths: Object.fromEntries(methods.map((method) => [pathOf(method), { post: operationOf(method, method.parent, errors) }])),
    components: {
      securitySchemes: SECURITY_SCHEMES,
      parameters: { 'connect-timeout-ms': TIMEOUT, 'x-request-id': REQUEST_ID },
      headers: { ...ANSWER_HEADERS, ...RETRY_HEADER },
      responses,
      schemas: {
        ...Object.fromEntries(
          [...types].map(([name, type]) => [
            name,
            WELL_KNOWN[name] ?? (type.kind === 'enum' ? enumSchema(type) : messageSchema(type, inputs.has(name))),
          ]),
        ),
        ...errorSchemas(),
      },
    },
  };
}

function operationOf(method: DescMethod, service: DescService, errors: Json): Json {
  const description = commentOf(method);
  const [summary = ''] = description.split('\n\n');
  const examples = EXAMPLES[method.name] ?? {};
  const isStream = method.methodKind === 'server_streaming';
  if (!isStream && Object.keys(examples).length === 0) throw new Error(`${method.name} has no example`);
  return {
    operationId: method.name,
    tags: [service.name],
    summary: summary.replaceAll('\n', ' ').replace(/\.$/, ''),
    description: isStream ? `${description}\n\n${STREAM}` : description,
    parameters: ['connect-timeout-ms', 'x-request-id'].map((name) => ({ $ref: `#/components/parameters/${name}` })),
    requestBody: {
      required: true,
      content: isStream ? streamOf(refTo(method.input)) : jsonOf(refTo(method.input), examples, 'request'),
    },
    responses: {
      200: {
        description: commentOf(method.output),
        headers: ANSWER_HEADER_REFS,
        content: isStream ? streamOf(refTo(method.output)) : jsonOf(refTo(method.output), examples, 'response'),
      },
      ...(isStream ? {} : errors),
      415: refusal('The content type is none that the method reads.'),
      431: refusal('The head of the request is larger than 8 KiB.'),
    },
  };
}

/** The answer to a request that is not a valid call. Its error has no details. */
function refusal(description: string): Json {
  return { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/connect.Error' } } } };
}

const STREAM = `The stream has the form of the Connect protocol, which OpenAPI has no words for. The body of the request and of the answer is a series of
frames. Each frame is a byte of flags, four bytes with the length of the message (big-endian), and the message in JSON. The last frame has the flag 2:
its message is an object, with \`error\` if the call failed. The status is 200 all the same. Use a client library of Connect or of gRPC.`;

function jsonOf(schema: Json, examples: Readonly<Record<string, Example>>, side: 'request' | 'response'): Json {
  const values = Object.entries(examples).map(([name, example]) => [name, { summary: example.summary, value: example[side] }]);
  return { 'application/json': { schema, examples: Object.fromEntries(values) } };
}

function streamOf(schema: Json): Json {
  const frames = { type: 'string', contentMediaType: 'application/connect+json', contentSchema: schema };
  return { 'application/connect+json': { schema: frames } };
}

function pathOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}
