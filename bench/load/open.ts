/** Opens a connection of the callers, with the headers of their calls. */
import type { Code } from './bodies.ts';
import { type Connection, type ConnectionOptions, openConnection } from './connection.ts';
import { headerBlock } from './frames.ts';

export interface CrowdOptions {
  /** `host:port`. */
  readonly address: string;
  /** The API keys of the calls, used in rotation. */
  readonly apiKeys: readonly string[];
  /** Whether the server must refuse calls without the API key. */
  readonly guarded: boolean;
  readonly connections: number;
  /** The number of calls in progress on all connections together. If it is below the number of connections, the connections take turns. */
  readonly underWay: number;
  readonly code: Code;
  /** The number of items in each call; undefined for a call that is not a batch. */
  readonly items?: number | undefined;
  /** Calls per second instead of `underWay`. The latency of a call counts from the time at which it was due, so it includes waiting. */
  readonly rate?: number | undefined;
  /** The options of the TypeScript client, which then makes the Verify calls on a single connection, with `underWay` calls in progress. */
  readonly client?: { readonly batching: boolean } | undefined;
  /** The longest time without any answer, in ms. */
  readonly patienceMs?: number;
}

export function headersFor({ address, code, items = 1 }: CrowdOptions, apiKey: string): Buffer {
  return headerBlock([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', `/otp.v1.OtpService/${items > 1 ? 'Batch' : ''}${code === 'none' ? 'Token' : 'Verify'}`],
    [':authority', address],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ['x-api-key', apiKey],
  ]);
}

export function open(
  { address }: CrowdOptions,
  headers: readonly Buffer[],
  rest: Pick<ConnectionOptions, 'firstTurn' | 'onEnd' | 'onLost'>,
): Promise<Connection> {
  const colon = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))];
  return openConnection({ host, port, headers, ...rest });
}
