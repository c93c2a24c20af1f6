/** A connection of the callers, with the headers of their calls. */
import { type Connection, type ConnectionOptions, openConnection } from './connection.ts';
import type { CrowdOptions } from './crowd.ts';
import { headerBlock } from './frames.ts';

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
