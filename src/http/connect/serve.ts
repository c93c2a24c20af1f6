/** The calls of the service by Connect and gRPC-Web: recognises a request, and passes it to its implementation. */
import type { Lifecycle } from '../../rpc/lifecycle.ts';
import { type Method, procedureOf } from '../../rpc/method.ts';
import type { Exchange } from '../exchange.ts';
import { refuse } from '../refusals.ts';
import { formOf } from './incoming.ts';
import { jsonOptionsOf } from './json.ts';
import { serveUnary } from './unary-call.ts';

/** Serves a request if its path is that of a method; otherwise returns undefined. Rejects if code cannot be loaded. */
export type ServeConnect = (exchange: Exchange) => Promise<void> | undefined;

export function createServeConnect(methods: readonly Method[], lifecycle: Lifecycle): ServeConnect {
  const jsonOptions = jsonOptionsOf(methods);
  const plain = { lifecycle, jsonOptions };
  const byPath = new Map(methods.map((method) => [procedureOf(method.descriptor), method]));
  // Loaded at the first call that needs it: it takes 3 MB, and most callers send plain JSON.
  const loadLibrary = once(async () => {
    const [{ createLibrary }, { LibraryCall }] = await Promise.all([import('./library.ts'), import('./library-call.ts')]);
    return { library: createLibrary(methods, jsonOptions), LibraryCall };
  });

  return (exchange) => {
    const method = byPath.get(exchange.path);
    return method && serve(exchange, method);
  };

  async function serve(exchange: Exchange, method: Method): Promise<void> {
    const contentType = exchange.header('content-type') ?? '';
    const form = formOf(contentType);
    const isStream = method.kind === 'server_streaming';
    if (exchange.method !== 'POST') refuse(exchange, 'method', { allow: 'POST' });
    else if (form === undefined) refuse(exchange, /^application\/grpc(?:$|[+;])/.test(contentType) ? 'grpc' : 'contentType');
    else if (form.isStream !== undefined && form.isStream !== isStream) refuse(exchange, isStream ? 'streamType' : 'contentType');
    else if (form.codec !== undefined && method.kind === 'unary' && isPlain(exchange))
      serveUnary(exchange, { ...form, codec: form.codec }, method, plain);
    else {
      const { library, LibraryCall } = await loadLibrary();
      new LibraryCall(exchange, form, method, lifecycle, library).run();
    }
  }
}

/** Whether the body is not compressed. */
function isPlain(exchange: Exchange): boolean {
  return (exchange.header('content-encoding') ?? 'identity') === 'identity';
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
