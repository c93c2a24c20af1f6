/** The times of a token in the form of REST APIs: whole seconds since the epoch. */
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { Token } from '../../../gen/ts/otp/v1/token_pb.ts';

export interface Times {
  /** The server's clock, rounded down. */
  readonly serverTime: number;
  readonly expireTime: number;
}

/** The times of a TOTP's token. */
export function timesOf({ serverTime, expireTime }: Partial<Token> = {}): Times {
  return { serverTime: seconds(serverTime), expireTime: seconds(expireTime) };
}

function seconds(timestamp: Timestamp | undefined): number {
  return Number(timestamp?.seconds ?? 0n);
}
