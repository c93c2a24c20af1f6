/** The errors of the contract as answers of the Connect protocol: a status for each code, with the reasons of the code. */
import { createRegistry, type DescEnum, type DescEnumValue, type DescMessage, fromBinary, toJson } from '@bufbuild/protobuf';
import { base64Encode } from '@bufbuild/protobuf/wire';
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt';
import { file_google_rpc_error_details } from '../../gen/ts/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../gen/ts/google/rpc/status_pb.ts';
import { InvalidInputError } from '../../src/otp/error.ts';
import { Rejection, type RejectionReason } from '../../src/ports/rejection.ts';
import { statusOf } from '../../src/rpc/status.ts';
import { commentOf } from './json-schema.ts';
import type { Json } from './shared.ts';

/** The HTTP status of each code of the service, as the Connect protocol defines it. */
const HTTP_STATUS: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** The reasons whose answer says when to try again, in ms. */
const RETRY_AFTER_MS: Readonly<Record<string, number>> = {
  rate_limited: 12_000,
  authentication_throttled: 41_000,
  credits_exhausted: 86_400_000,
};
const DETAILS = createRegistry(file_google_rpc_error_details);
const REQUEST_ID = '9bd6c5d3-3b8f-4f2e-8a40-7a4d4a0f8f6c';

/** The status of each error answer, by the name of its component. */
export type ErrorStatuses = ReadonlyMap<string, number>;

/** Returns the answers for the components of the document by name, and their statuses. */
export function errorResponses(reasons: DescEnum, headers: Json): { readonly responses: Json; readonly statuses: ErrorStatuses } {
  // Codes may share a status, and a document has one answer for each status.
  const byStatus = Map.groupBy(
    reasons.values.filter(({ number }) => number !== 0),
    (value) => statusOfCode(codeOf(value)),
  );
  const entries = [...byStatus].toSorted(([one], [other]) => one - other);
  const nameOf = ([value]: readonly DescEnumValue[]): string => componentOf(value === undefined ? '' : codeOf(value));
  return {
    responses: Object.fromEntries(entries.map(([, values]) => [nameOf(values), responseOf(values, headers)])),
    statuses: new Map(entries.map(([status, values]) => [nameOf(values), status])),
  };
}

/** Returns the schemas of an error and its details. */
export function errorSchemas(): Json {
  return {
    'connect.Error': {
      type: 'object',
      description:
        'An error of the Connect protocol. Its details hold a `google.rpc.ErrorInfo` whose `reason` is an `otp.v1.ErrorReason`, a `google.rpc.RequestInfo`, and where they apply a `google.rpc.BadRequest`, a `google.rpc.QuotaFailure` and a `google.rpc.RetryInfo`.',
      properties: {
        code: {
          type: 'string',
          description: 'The code of the error.',
          // A request that is not a call gets another code, which clients derive from the HTTP status.
          enum: [...Object.keys(HTTP_STATUS).map((code) => code.toLowerCase()), 'unknown'],
        },
        message: { type: 'string', description: 'English text that says what to do; no value of the request is in it.' },
        details: { type: 'array', items: { $ref: '#/components/schemas/connect.ErrorDetail' } },
      },
      required: ['code'],
    },
    'connect.ErrorDetail': {
      type: 'object',
      description: 'A detail of an error.',
      properties: {
        type: { type: 'string', description: 'The full name of the message, such as `google.rpc.ErrorInfo`.' },
        value: { type: 'string', description: 'The message in the binary form of protobuf, in base64 without padding.' },
        debug: { description: 'The message in JSON, for people to read.' },
      },
      required: ['type', 'value'],
    },
  };
}

function responseOf(values: readonly DescEnumValue[], headers: Json): Json {
  const codes = [...new Set(values.map((value) => `\`${codeOf(value).toLowerCase()}\``))].join(' or ');
  const list = values.map((value) => `- \`${value.name}\`: ${meaningOf(value)}`);
  return {
    description: `${codes}, for one of these reasons:\n\n${list.join('\n')}`,
    headers,
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/connect.Error' },
        examples: Object.fromEntries(values.map((value) => [shortName(value), { value: exampleOf(value) }])),
      },
    },
  };
}

/** Returns the error as the server sends it. */
function exampleOf(value: DescEnumValue): Json {
  const name = shortName(value);
  const metadata = (JSON.parse(/Example: (\{.*\})/.exec(commentOf(value))?.[1] ?? '{}') as { metadata?: Record<string, string> })
    .metadata;
  const retryAfterMs = RETRY_AFTER_MS[name];
  const error =
    name === 'invalid_fields'
      ? new InvalidInputError([{ field: 'digits', description: 'must be a whole number from 6 to 8' }])
      : new Rejection(name as RejectionReason, {
          metadata: metadata ?? {},
          ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        });
  const { message, details } = statusOf(error, REQUEST_ID);
  return {
    code: codeOf(value).toLowerCase(),
    message,
    details: fromBinary(StatusSchema, details).details.map(detailOf),
  };
}

function detailOf(detail: Any): Json {
  const message = anyUnpack(detail, DETAILS);
  if (message === undefined) throw new Error(`${detail.typeUrl} is no detail that is known here`);
  const { $typeName: type } = message;
  const schema = DETAILS.getMessage(type) as DescMessage;
  return { type, debug: toJson(schema, message), value: base64Encode(detail.value, 'std_raw') };
}

/** Returns the code at the beginning of the comment of a reason. */
function codeOf(value: DescEnumValue): string {
  const code = /^([A-Z_]+): /.exec(commentOf(value))?.[1] ?? '';
  statusOfCode(code);
  return code;
}

function meaningOf(value: DescEnumValue): string {
  const [meaning = ''] = commentOf(value).split('\n\nExample: ');
  return meaning.replace(/^[A-Z_]+: /, '').replaceAll('\n', ' ');
}

function statusOfCode(code: string): number {
  const status = HTTP_STATUS[code];
  if (status === undefined)
    throw new Error(`"${code}" is no code with an HTTP status: begin the comment of an error reason with one`);
  return status;
}

function shortName({ name }: DescEnumValue): string {
  return name.replace('ERROR_REASON_', '').toLowerCase();
}

function componentOf(code: string): string {
  return code.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
