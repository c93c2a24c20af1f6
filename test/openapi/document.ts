/** An OpenAPI document for the tests: its operations, and checks of data against its schemas. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

interface Content {
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, Content>>;
}

interface Parameter {
  readonly $ref?: string;
  readonly in: string;
  readonly name: string;
  readonly schema: { readonly examples?: readonly string[] };
}

export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, Answer>>;
}

/** An operation with its place. */
export interface Call {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

export interface Document {
  readonly calls: readonly Call[];
  /** Returns the mistakes of a value by the schema at a JSON pointer; an empty text if there is none. */
  readonly mistakes: (pointer: string, value: unknown) => string;
  /** Returns the place of the answer of a call with this status; undefined if the document has none. */
  readonly answerAt: (call: Call, status: number) => { readonly pointer: string; readonly answer: Answer } | undefined;
  /** Returns the value at a JSON pointer. */
  readonly at: (pointer: string) => unknown;
}

export function readDocument(file: string): Document {
  const document = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, Record<string, Operation>> };
  const ajv = new Ajv2020({ strict: false, allErrors: true }).addSchema(document, 'document');
  formats.default(ajv);
  const at = (pointer: string): unknown =>
    pointer
      .split('/')
      .slice(1)
      .reduce((value: unknown, name) => (value as Record<string, unknown>)[unescaped(name)], document);
  return {
    calls: Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
    ),
    at,
    mistakes(pointer, value) {
      const validate = ajv.compile({ $ref: `document#${pointer}` });
      return validate(value) ? '' : ajv.errorsText(validate.errors);
    },
    answerAt({ path, method, operation }, status) {
      const answer = operation.responses[status];
      if (answer === undefined) return undefined;
      const pointer = answer.$ref?.slice(1) ?? `/paths/${escaped(path)}/${method.toLowerCase()}/responses/${status}`;
      return { pointer, answer: at(pointer) as Answer };
    },
  };
}

/** Escapes a name for a JSON pointer (RFC 6901). */
export function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescaped(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}
