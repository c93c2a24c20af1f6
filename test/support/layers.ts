/** The layers of `src` and of the TypeScript client. An import may not go upward, leave its transport, or close a cycle. */
import { posix } from 'node:path';

/** The other folders of `src` from which each folder may import. A transport gets its store through ports, so it imports no store. */
const MAY_IMPORT = {
  otp: [],
  util: [],
  ports: ['otp'],
  verification: ['ports', 'otp'],
  limits: ['ports', 'otp', 'util'],
  auth: ['limits', 'ports', 'otp', 'util'],
  sealing: ['ports', 'otp'],
  recovery: ['sealing', 'ports', 'otp'],
  store: ['verification', 'limits', 'auth', 'ports', 'otp'],
  rpc: ['verification', 'limits', 'auth', 'ports', 'otp', 'util'],
  listener: ['rpc', 'limits', 'auth', 'ports'],
  service: ['rpc', 'recovery', 'sealing', 'verification', 'limits', 'auth', 'ports', 'otp'],
  grpc: ['listener', 'service', 'rpc', 'verification', 'limits', 'auth', 'ports', 'otp'],
  http: ['listener', 'rpc', 'limits', 'auth', 'ports', 'otp', 'util'],
  ops: [],
  config: ['store', 'ports', 'otp', 'util'],
  observability: ['config', 'rpc', 'ports', 'otp'],
  cluster: ['observability', 'config', 'limits', 'ports', 'otp'],
  app: [
    'ops',
    'listener',
    'config',
    'observability',
    'grpc',
    'http',
    'service',
    'rpc',
    'store',
    'auth',
    'limits',
    'sealing',
    'verification',
    'ports',
    'otp',
  ],
  client: [],
  cli: [
    'client',
    'app',
    'cluster',
    'config',
    'observability',
    'service',
    'rpc',
    'store',
    'auth',
    'limits',
    'sealing',
    'verification',
    'ports',
    'otp',
  ],
  main: ['cli', 'app'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type Layer = keyof typeof MAY_IMPORT;

/** The folders that may import generated code. The client has its own. */
const KNOWS_GEN: ReadonlySet<Layer> = new Set(['rpc', 'service', 'grpc', 'http', 'observability', 'cli']);
/** The folders that may import gRPC: the transport and the client library. */
const KNOWS_GRPC: ReadonlySet<Layer> = new Set(['grpc', 'client']);
/** The files that may import the Connect library: the files that the first call over Connect loads, and the client for browsers. */
const KNOWS_CONNECT = /^(src\/http\/connect\/library(-call)?|clients\/typescript\/src\/web)\.ts$/;

/** The TypeScript client is a separate package: other code may import only its exports. */
const CLIENT = 'clients/typescript/src/';
const CLIENT_EXPORTS = `${CLIENT}index.ts`;

/** The only files directly below `src`, which start the program. */
const START: ReadonlySet<string> = new Set(['bin.ts', 'main.ts']);

const IMPORT = /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;

/** Returns a description of every forbidden import among `files` (the text of each by its path from the root); empty if there is none. */
export function layeringViolations(files: ReadonlyMap<string, string>): string[] {
  return [...files]
    .flatMap(([path, text]) => importsOf(path, text).flatMap((target) => violation(path, target) ?? []))
    .concat(circles(files));
}

/** Returns the imports of a file: paths from the root for files of the project, names for packages. */
function importsOf(path: string, text: string): string[] {
  const code = text.replace(/\/\*.*?\*\//gs, '').replace(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(IMPORT)].map(([, name = '']) =>
    name.startsWith('.') ? posix.join(posix.dirname(path), name).replace(/\.js$/, '.ts') : name,
  );
}

function violation(path: string, target: string): string | undefined {
  const layer = layerOf(path);
  if (target.startsWith('@grpc/')) return KNOWS_GRPC.has(layer) ? undefined : `${path} knows gRPC: ${target}`;
  if (target.startsWith('@connectrpc/'))
    return KNOWS_CONNECT.test(path) ? undefined : `${path} knows Connect's library: ${target}`;
  if (target.startsWith('gen/')) return KNOWS_GEN.has(layer) ? undefined : `${path} knows generated code: ${target}`;
  if (!target.startsWith('src/') && !target.startsWith('clients/')) return undefined;
  const allowed: readonly string[] = [layer, ...MAY_IMPORT[layer]];
  const isExported = layer === 'client' || !target.startsWith(CLIENT) || target === CLIENT_EXPORTS;
  return allowed.includes(layerOf(target)) && isExported ? undefined : `${path} may not import ${target}`;
}

function layerOf(path: string): Layer {
  if (path.startsWith(CLIENT)) return 'client';
  const [, folder = '', file] = path.split('/');
  if (file === undefined && START.has(folder)) return 'main';
  if (!Object.hasOwn(MAY_IMPORT, folder)) throw new Error(`${path} belongs to no layer`);
  return folder as Layer;
}

/** Returns each import cycle among `files` (the text of each by its path from the root) once, as a path of files. */
export function circles(files: ReadonlyMap<string, string>): string[] {
  const graph = new Map([...files].map(([path, text]) => [path, importsOf(path, text)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push(`cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' > ')}`);
    if (trail.includes(path) || done.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}
