/** The measurements: each row is a server and a load. */
import type { HttpCallName } from './http-calls.ts';
import type { Topology } from './redis-process.ts';

/** A server to start; the product unless said otherwise. */
export interface Serving {
  readonly kind: 'bare' | 'naive' | 'product' | 'installed' | 'no-once' | 'qrcode' | 'bare-json' | 'fastify' | 'connect-node';
  /** Three windows of a thousand million calls each if true, none otherwise. */
  readonly limits?: boolean;
  readonly logs?: boolean;
  /** Serves HTTP/2 instead of HTTP/1.1; the product serves both. */
  readonly http2?: boolean;
  readonly redis?: Topology;
  /** How many replicas must have a judgement before it is answered. */
  readonly replicas?: number;
  readonly workers?: number;
  /** Whether the product bypasses grpc-js' call object, as it does by default. */
  readonly fastPath?: boolean;
  /** Measures its event loop as well. */
  readonly watched?: boolean;
}

/** How it is loaded. Calls are under way at any time on each of 8 connections, 32 if not said otherwise. */
export interface Load {
  readonly call: 'token' | 'verify-wrong' | 'verify-right' | 'generate' | 'generate-png' | HttpCallName;
  /** The version of HTTP that calls over HTTP are made by; those of HTTP/1.1 have a connection each. */
  readonly http?: 1 | 2;
  readonly streams?: number;
  /** Of Token and Verify, calls a second at even intervals; as many as the server answers if unset. */
  readonly rate?: number;
  /** The items of a call, each of which counts as a call; unset if it is no batch. */
  readonly items?: number;
  /** BatchVerify calls of 100 wrong codes that are under way beside it at any time. */
  readonly batches?: number;
  /** Generate calls with a PNG that are under way beside it at any time. */
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
const WITHOUT_FAST_PATH: Serving = { ...WHOLE, fastPath: false };
const BARE: Serving = { kind: 'bare' };
const NAIVE: Serving = { kind: 'naive' };
const TOKEN: Load = { call: 'token' };
const WRONG: Load = { call: 'verify-wrong' };
/** Pictures take long: with more under way none would be ready when the time is over. */
const PNG: Load = { call: 'generate-png', streams: 4 };
const STEADY: Load = { call: 'token', rate: 4000 };
const SLOWLY: Load = { call: 'token', rate: 1000 };
/** The nodes of a Redis share a core with the load: as many calls as that can take, and the same for each. */
const EVENLY: Load = { call: 'verify-wrong', rate: 2000 };
/** As many as are answered, with as few under way that the core of the load keeps up. */
const BUSY: Load = { call: 'verify-wrong', streams: 8 };
/** As many as a client that waits for each has on its connections. */
const BATCH = { items: 100, streams: 1 } as const;

export const ROWS: readonly Row[] = [
  row('bare-token', BARE, TOKEN, true),
  row('bare-verify', BARE, WRONG, true),
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
  row('batch-verify-wrong', WHOLE, { ...WRONG, ...BATCH }),
  row('redis-batch-verify-wrong', { ...WHOLE, redis: 'single' }, { ...WRONG, ...BATCH }),
  row('cluster-single', { ...WHOLE, redis: 'single' }, EVENLY),
  row('cluster-sentinel', { ...WHOLE, redis: 'sentinel' }, EVENLY),
  row('cluster-sentinel-wait', { ...WHOLE, redis: 'sentinel', replicas: 1 }, EVENLY),
  row('cluster-three', { ...WHOLE, redis: 'cluster' }, EVENLY),
  row('cluster-three-wait', { ...WHOLE, redis: 'cluster', replicas: 1 }, EVENLY),
  row('cluster-single-busy', { ...WHOLE, redis: 'single' }, BUSY),
  row('cluster-sentinel-busy', { ...WHOLE, redis: 'sentinel' }, BUSY),
  row('cluster-three-busy', { ...WHOLE, redis: 'cluster' }, BUSY),
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
  row('token-all-off', { kind: 'product' }, TOKEN),
  row('verify-no-limits', { ...WHOLE, limits: false }, WRONG),
  row('verify-no-once', { ...WHOLE, kind: 'no-once' }, WRONG),
  row('verify-no-logs', { ...WHOLE, logs: false }, WRONG),
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
