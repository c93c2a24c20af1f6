/**
 * The messages of the suite, as far as the server under test reads and writes them. They are compiled from what is installed, so that there is no
 * generated code to take the types from.
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

/** The answer that a unary call asks for. */
export interface UnaryDefinition {
  readonly responseHeaders: readonly Header[];
  readonly responseTrailers: readonly Header[];
  readonly responseDelayMs: number;
  readonly response:
    | { readonly case: 'responseData'; readonly value: Uint8Array }
    | { readonly case: 'error'; readonly value: ErrorDefinition }
    | { readonly case: undefined };
}

/** The answer that a stream asks for. */
export interface StreamDefinition {
  readonly responseHeaders: readonly Header[];
  readonly responseTrailers: readonly Header[];
  readonly responseDelayMs: number;
  readonly responseData: readonly Uint8Array[];
  readonly error?: ErrorDefinition;
}

export type UnaryRequest = Message & { readonly responseDefinition?: UnaryDefinition };
export type StreamRequest = Message & { readonly responseDefinition?: StreamDefinition };

/** The server that the suite asks for. */
export interface ServerRequest {
  readonly useTls: boolean;
  /** The certificate that clients must show; empty: none. */
  readonly clientTlsCert: Uint8Array;
  readonly serverCreds?: { readonly cert: Uint8Array; readonly key: Uint8Array };
}

/** The messages by their short names. */
export class Messages {
  readonly #registry: FileRegistry;

  constructor(registry: FileRegistry) {
    this.#registry = registry;
  }

  /** The method of the suite's service. */
  method(name: string): DescMethod {
    return found(
      this.#registry.getService(`${PACKAGE}.ConformanceService`)?.methods.find((method) => method.name === name),
      name,
    );
  }

  /** Throws if the suite has no such message. */
  schema(name: string): DescMessage {
    return found(this.#registry.getMessage(`${PACKAGE}.${name}`), name);
  }

  create(name: string, fields: Readonly<Record<string, unknown>>): Message {
    return create(this.schema(name), fields);
  }

  /** The message in what stands behind its length of four bytes, as the suite hands it over. */
  read<T>(name: string, bytes: Uint8Array): T {
    return fromBinary(this.schema(name), bytes) as unknown as T;
  }

  /** A message behind its length of four bytes. */
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
