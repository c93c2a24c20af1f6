/**
 * Calls that the library of Connect encodes: streams, gRPC-Web, and compressed bodies. A call is passed to the library only after it is admitted and its body has
 * arrived, since the library itself reads and decompresses a body before the caller is authenticated.
 */

import type { DescMethod, Message } from '@bufbuild/protobuf';
import {
  type ConnectError,
  type ContextKey,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
  type MethodImpl,
} from '@connectrpc/connect';
import { createAsyncIterable, type UniversalHandler, type UniversalServerResponse } from '@connectrpc/connect/protocol';
import { compressionBrotli, compressionGzip } from '@connectrpc/connect-node';
import { MAX_REQUEST_BYTES } from '../../rpc/bounds.ts';
import type { Method } from '../../rpc/method.ts';
import type { JsonOptions } from './json.ts';

/** The handlers of a call, in the form that the library expects. */
export interface Handling {
  readonly once: (request: Message, context: HandlerContext) => Promise<Message>;
  readonly stream: (request: Message, context: HandlerContext) => AsyncIterable<Message>;
}

/** A call for the library. */
export interface Framed {
  readonly procedure: string;
  /** The headers that describe the encoding of body and answer; no others are needed. */
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

export interface Library {
  readonly jsonOptions: JsonOptions;
  /** Handles a call; resolves to the answer with its first part. */
  readonly answer: (framed: Framed, body: Uint8Array, handling: Handling) => Promise<UniversalServerResponse>;
  /** The answer for `error`, with `headers`. */
  readonly refuse: (
    framed: Framed,
    error: ConnectError,
    headers: Readonly<Record<string, string>>,
  ) => Promise<UniversalServerResponse>;
}

interface Refusal {
  readonly error: ConnectError;
  readonly headers: Readonly<Record<string, string>>;
}

const HANDLING: ContextKey<Handling | undefined> = createContextKey<Handling | undefined>(undefined);
const REFUSAL: ContextKey<Refusal | undefined> = createContextKey<Refusal | undefined>(undefined);

export function createLibrary(methods: readonly Method[], jsonOptions: JsonOptions): Library {
  const router = createConnectRouter({
    // grpc-js serves gRPC.
    grpc: false,
    acceptCompression: [compressionGzip, compressionBrotli],
    readMaxBytes: MAX_REQUEST_BYTES,
    jsonOptions,
    binaryOptions: { readUnknownFields: false },
    // Runs before the body is read: the library encodes the error for the protocol of the caller.
    requestGate(context) {
      const refusal = context.values.get(REFUSAL);
      if (refusal === undefined) return;
      for (const [name, value] of Object.entries(refusal.headers)) context.responseHeader.set(name, value);
      throw refusal.error;
    },
  });
  for (const method of methods) router.rpc(method.descriptor, implementationOf(method));
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  function ask({ procedure, headers, signal }: Framed, body: Uint8Array, values: ReturnType<typeof createContextValues>) {
    return (handlers.get(procedure) as UniversalHandler)({
      httpVersion: '2.0',
      method: 'POST',
      // The library only looks for a query in it.
      url: `http://localhost${procedure}`,
      header: headers,
      body: createAsyncIterable(body.length === 0 ? [] : [body]),
      signal,
      contextValues: values,
    });
  }

  return {
    jsonOptions,
    answer: (framed, body, handling) => ask(framed, body, createContextValues().set(HANDLING, handling)),
    refuse: (framed, error, headers) => ask(framed, new Uint8Array(), createContextValues().set(REFUSAL, { error, headers })),
  };
}

function implementationOf({ kind }: Method): MethodImpl<DescMethod> {
  const once = (request: Message, context: HandlerContext) => handlingOf(context).once(request, context);
  const stream = (request: Message, context: HandlerContext) => handlingOf(context).stream(request, context);
  return (kind === 'unary' ? once : stream) as object as MethodImpl<DescMethod>;
}

function handlingOf({ values }: HandlerContext): Handling {
  const handling = values.get(HANDLING);
  if (handling === undefined) throw new Error('a call without handlers');
  return handling;
}
