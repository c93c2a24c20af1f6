/**
 * The messages of the suite that the server under test reads and writes. They are compiled from the installed suite, so there are no generated types.
 */
import {
  create,
  type DescMessage,
  type DescMethod,
  type FileRegistry,
  fromBinary,
  type Message,
  toBinary,
} from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { Code } from '../../gen/ts/google/rpc/code_pb.ts';

const PACKAGE = 'connectrpc.conformance.v1';

export interface Header {
  readonly name: string;
  readonly value: readonly string[];
}

export interface ErrorDefinition {
  readonly code: Code;
  readonly message?: string;
  readonly details: readonly Any[];
}

/** The answer that a unary call requests. */
export interface UnaryDefinition {
  readonly responseHeaders: readonly Header[];
  readonly responseTrailers: readonly Header[];
  readonly responseDelayMs: number;
  readonly response:
    | { readonly case: 'responseData'; readonly value: Uint8Array }
    | { readonly case: 'error'; readonly value: ErrorDefinition }
    | { readonly case: undefined };
}

/** The answer that a stream requests. */
export interface StreamDefinition {
  readonly responseHeaders: readonly Header[];
  readonly responseTrailers: readonly Header[];
  readonly responseDelayMs: number;
  readonly responseData: readonly Uint8Array[];
  readonly error?: ErrorDefinition;
}

export type UnaryRequest = Message & { readonly responseDefinition?: UnaryDefinition };
export type StreamRequest = Message & { readonly responseDefinition?: StreamDefinition };

/** The server that the suite requests. */
export interface ServerRequest {
  readonly useTls: boolean;
  /** The authority of the certificates that clients must show; empty for none. */
  readonly clientTlsCert: Uint8Array;
  readonly serverCreds?: { readonly cert: Uint8Array; readonly key: Uint8Array };
}

/** The messages by their short names. */
export class Messages {
  readonly #registry: FileRegistry;

  constructor(registry: FileRegistry) {
    this.#registry = registry;
  }

  /** Returns a method of the suite's service. */
  method(name: string): DescMethod {
    return found(
      this.#registry.getService(`${PACKAGE}.ConformanceService`)?.methods.find((method) => method.name === name),
      name,
    );
  }

  /** Returns a message of the suite. Throws if there is none with this name. */
  schema(name: string): DescMessage {
    return found(this.#registry.getMessage(`${PACKAGE}.${name}`), name);
  }

  create(name: string, fields: Readonly<Record<string, unknown>>): Message {
    return create(this.schema(name), fields);
  }

  /** Reads a message after its length of four bytes, the form in which the suite sends it. */
  read<T>(name: string, bytes: Uint8Array): T {
    return fromBinary(this.schema(name), bytes) as unknown as T;
  }

  /** Writes a message after its length of four bytes. */
  delimited(name: string, fields: Readonly<Record<string, unknown>>): Buffer {
    const bytes = toBinary(this.schema(name), this.create(name, fields));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  }
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the suite has no ${name}`);
  return value;
}
