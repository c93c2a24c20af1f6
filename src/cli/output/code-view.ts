/** How a code looks to a person: in two groups, with a bar for the time that it has left. */
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Token } from '../../../gen/ts/otp/v1/token_pb.ts';
import type { Colour } from './text.ts';

const BAR_WIDTH = 20;
/** In ms: who starts typing now may be late. */
const HURRY_MS = 5000;

/** `123 456`, `123 4567`, `1234 5678`. */
export function groupCode(code: string): string {
  const half = Math.floor(code.length / 2);
  return `${code.slice(0, half)} ${code.slice(half)}`;
}

/** How long a TOTP still holds by the server's clock, in ms; undefined for HOTP. */
export function remainingMs({ expireTime, serverTime }: Token): number | undefined {
  return expireTime && serverTime && timestampMs(expireTime) - timestampMs(serverTime);
}

/** A bar and the seconds, as `■■■■■ 12 s`, of `leftMs` out of a period. */
export function countdown(leftMs: number, periodSeconds: number): string {
  const left = Math.max(0, leftMs);
  const full = Math.min(BAR_WIDTH, Math.ceil((left / (periodSeconds * 1000)) * BAR_WIDTH));
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${Math.ceil(left / 1000)} s`;
}

/** Green, or yellow once time is short. */
export function urgency(leftMs: number): Colour {
  return leftMs > HURRY_MS ? 'green' : 'yellow';
}
