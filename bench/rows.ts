/** The measurements: each row is a server and a load. */
import type { HttpCallName } from './http-calls.ts';
import type { Topology } from './redis-process.ts';

/** The server to start; the product by default. */
export interface Serving {
  readonly kind:
    | 'bare'
    | 'least'
    | 'naive'
    | 'product'
    | 'installed'
    | 'no-once'
    | 'qrcode'
    | 'bare-json'
    | 'fastify'
    | 'connect-node';
  /** Three windows of a thousand million calls each if true, otherwise none. */
  readonly limits?: boolean;
  readonly logs?: boolean;
  /** Whether metrics are kept, or switched on and off while it serves; they are by default. */
  readonly metrics?: false | 'switched';
  /** Serves HTTP/2 instead of HTTP/1.1; the product serves both. */
  readonly http2?: boolean;
  readonly redis?: Topology;
  /** The number of replicas that must have a judgement before it is answered. */
  readonly replicas?: number;
  readonly workers?: number;
  /** Whether the product bypasses the call object of grpc-js, as it does by default. */
  readonly fastPath?: boolean;
  /** Measures its event loop as well. */
  readonly watched?: boolean;
  /** The number of secrets that it has seen, and of answers that it keeps under request ids; none by default. */
  readonly seen?: number;
}

/** The load. Calls are in progress at any time on each of 8 connections, 32 by default. */
export interface Load {
  readonly call: 'token' | 'verify-wrong' | 'verify-right' | 'generate' | 'generate-png' | HttpCallName;
  /** The HTTP version of calls over HTTP; with HTTP/1.1 each has its own connection. */
  readonly http?: 1 | 2;
  readonly streams?: number;
  /** For Token and Verify: calls per second at even intervals; unset: as many as the server answers. */
  readonly rate?: number;
  /** The number of items of a call, each of which counts as a call; unset if it is not a batch. */
  readonly items?: number;
  /** For Verify: through the TypeScript client on one connection, with or without its batching; unset: by our own frames. */
  readonly client?: { readonly batching: boolean };
  /** The number of BatchVerify calls of 100 wrong codes in progress beside it at any time. */
  readonly batches?: number;
  /** The number of Generate calls with a PNG in progress beside it at any time. */
  readonly storm?: number;
}

export interface Row {
  readonly name: string;
  readonly serving: Serving;
  readonly load: Load;
  /** Whether `--quick` measures the row. The goals use these rows. */
  readonly quick: boolean;
}

export const CONNECTIONS = 8;
export const STREAMS = 32;

const WHOLE: Serving = { kind: 'product', limits: true, logs: true };
/** In service for a while. In an empty store the row that answers more codes has the larger index, of which a transaction writes more pages. */
const SEASONED: Serving = { ...WHOLE, seen: 200_000 };
const WITHOUT_FAST_PATH: Serving = { ...WHOLE, fastPath: false };
const BARE: Serving = { kind: 'bare' };
const LEAST: Serving = { kind: 'least' };
const NAIVE: Serving = { kind: 'naive' };
const TOKEN: Load = { call: 'token' };
const WRONG: Load = { call: 'verify-wrong' };
/** Pictures take long: with more in progress none would be ready in time. */
const PNG: Load = { call: 'generate-png', streams: 4 };
const STEADY: Load = { call: 'token', rate: 4000 };
const SLOWLY: Load = { call: 'token', rate: 1000 };
/** The nodes of a Redis share a core with the load: as many calls as that allows, and the same number for each. */
const EVENLY: Load = { call: 'verify-wrong', rate: 2000 };
/** As many as are answered, with so few in progress that the core of the load keeps up. */
const BUSY: Load = { call: 'verify-wrong', streams: 8 };
/** As many as a client has on its connections if it waits for each answer. */
const BATCH = { items: 100, streams: 1 } as const;

export const ROWS: readonly Row[] = [
  row('bare-token', BARE, TOKEN, true),
  row('bare-verify', BARE, WRONG, true),
  row('least-token', LEAST, TOKEN),
  row('least-verify', LEAST, WRONG),
  row('naive-token', NAIVE, TOKEN, true),
  row('naive-verify', NAIVE, WRONG, true),
  row('token', WHOLE, TOKEN, true),
  row('verify-wrong', WHOLE, WRONG, true),
  row('token-grpc-js', WITHOUT_FAST_PATH, TOKEN, true),
  row('verify-wrong-grpc-js', WITHOUT_FAST_PATH, WRONG, true),
  row('verify-right', WHOLE, { call: 'verify-right' }, true),
  row('redis-verify-wrong', { ...WHOLE, redis: 'single' }, WRONG),
  row('redis-verify-right', { ...WHOLE, redis: 'single' }, { call: 'verify-right' }, true),
  row('batch-token', WHOLE, { ...TOKEN, ...BATCH }),
  row('verify-seen', SEASONED, WRONG),
  row('batch-verify-seen', SEASONED, { ...WRONG, ...BATCH }),
  row('redis-batch-verify-wrong', { ...WHOLE, redis: 'single' }, { ...WRONG, ...BATCH }),
  row('cluster-single', { ...WHOLE, redis: 'single' }, EVENLY),
  row('cluster-sentinel', { ...WHOLE, redis: 'sentinel' }, EVENLY),
  row('cluster-sentinel-wait', { ...WHOLE, redis: 'sentinel', replicas: 1 }, EVENLY),
  row('cluster-three', { ...WHOLE, redis: 'cluster' }, EVENLY),
  row('cluster-three-wait', { ...WHOLE, redis: 'cluster', replicas: 1 }, EVENLY),
  row('cluster-single-busy', { ...WHOLE, redis: 'single' }, BUSY),
  row('cluster-sentinel-busy', { ...WHOLE, redis: 'sentinel' }, BUSY),
  row('cluster-three-busy', { ...WHOLE, redis: 'cluster' }, BUSY),
  row('coalesce-off', SEASONED, { ...WRONG, client: { batching: false } }),
  row('coalesce-on', SEASONED, { ...WRONG, client: { batching: true } }),
  row('token-1000', { ...WHOLE, watched: true }, SLOWLY),
  row('token-1000-batches', { ...WHOLE, watched: true }, { ...SLOWLY, batches: 1 }),
  row('generate', WHOLE, { call: 'generate', streams: 4 }),
  row('generate-png', WHOLE, PNG, true),
  row('generate-qrcode', { ...WHOLE, kind: 'qrcode' }, PNG, true),
  row('bare-json', { kind: 'bare-json' }, { call: 'json-token', http: 1 }),
  row('json-token-h1', WHOLE, { call: 'json-token', http: 1 }),
  row('json-token-h2', WHOLE, { call: 'json-token', http: 2 }),
  row('connect-node-h1', { kind: 'connect-node' }, { call: 'json-token', http: 1 }),
  row('connect-node-h2', { kind: 'connect-node', http2: true }, { call: 'json-token', http: 2 }),
  row('apiverve', WHOLE, { call: 'apiverve', http: 1 }),
  row('2faotp', WHOLE, { call: '2faotp', http: 1 }),
  row('fastify-apiverve', { kind: 'fastify' }, { call: 'apiverve', http: 1 }),
  row('fastify-2faotp', { kind: 'fastify' }, { call: '2faotp', http: 1 }),
  row('token-no-limits', { ...WHOLE, limits: false }, TOKEN),
  row('token-no-logs', { ...WHOLE, logs: false }, TOKEN),
  row('token-no-metrics', { ...WHOLE, metrics: false }, TOKEN),
  row('token-switched', { ...WHOLE, metrics: 'switched' }, TOKEN),
  row('token-all-off', { kind: 'product' }, TOKEN),
  row('verify-no-limits', { ...WHOLE, limits: false }, WRONG),
  row('verify-no-once', { ...WHOLE, kind: 'no-once' }, WRONG),
  row('verify-no-logs', { ...WHOLE, logs: false }, WRONG),
  row('verify-no-metrics', { ...WHOLE, metrics: false }, WRONG),
  row('verify-switched', { ...WHOLE, metrics: 'switched' }, WRONG),
  row('verify-all-off', { kind: 'no-once' }, WRONG),
  row('token-8x4', { ...WHOLE, watched: true }, { call: 'token', streams: 4 }, true),
  row('token-4000', { ...WHOLE, watched: true }, STEADY, true),
  row('token-4000-storm', { ...WHOLE, watched: true }, { ...STEADY, storm: 20 }, true),
];

/** The gain by `otpd serve --workers`, on all cores and so beside the load. */
export const WORKER_ROWS: readonly Row[] = [1, 2].map((workers) => row(`token-workers-${workers}`, { ...WHOLE, workers }, TOKEN));

function row(name: string, serving: Serving, load: Load, quick = false): Row {
  return { name, serving, load, quick };
}
