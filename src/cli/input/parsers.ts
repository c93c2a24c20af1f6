/** Parsers for the values of flags. Each throws `InvalidArgumentError`, which describes the valid values. */
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../config/parsers.ts';
import { SCOPES, type Scope } from '../../ports/principal.ts';
import { parseRfc3339, parseUnixSeconds } from './time.ts';

const UINT32_MAX = 4_294_967_295;
const UINT64_MAX = 18_446_744_073_709_551_615n;

/** Parses a whole number that the contract holds in 32 bits. The server checks the bounds of each field. */
export function parseCount(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > UINT32_MAX) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** Does the same, but refuses zero, which would mean the default. */
export function parsePositive(text: string): number {
  const value = parseCount(text);
  if (value === 0) throw new InvalidArgumentError('It must be at least 1.');
  return value;
}

/** A whole number that the contract holds in 64 bits: a counter or a step. */
export function parseCounter(text: string): bigint {
  if (!/^\d{1,20}$/.test(text) || BigInt(text) > UINT64_MAX) throw new InvalidArgumentError('It must be a whole number.');
  return BigInt(text);
}

/** A duration in seconds, above zero and at most an hour, in ms. */
export function parseSeconds(text: string): number {
  const seconds = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds > 0 && seconds <= 3600))
    throw new InvalidArgumentError('It must be a number of seconds, above 0 and at most 3600.');
  return Math.round(seconds * 1000);
}

/** A moment in RFC 3339 or Unix seconds, in ms since the epoch. */
export function parseMoment(text: string): number {
  const ms = parseUnixSeconds(text) ?? parseRfc3339(text);
  if (ms === undefined) throw new InvalidArgumentError('It must be a moment such as 2027-01-31T12:00:00Z, or Unix seconds.');
  return ms;
}

/** Returns the time in ms since the epoch for the present time; undefined for never. */
export type Expiry = (now: number) => number | undefined;

/** Scopes separated by commas, returned in their usual order. */
export function parseScopes(text: string): readonly Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const scopes = SCOPES.filter((scope) => names.includes(scope));
  if (names.some((name) => !SCOPES.some((scope) => scope === name))) {
    throw new InvalidArgumentError(`It must be one or more of ${SCOPES.join(',')}, with commas between.`);
  }
  return scopes;
}

/** A duration from now, a moment, or `never`. */
export function parseExpiry(text: string): Expiry {
  if (text === 'never') return () => undefined;
  const span = parseDuration(text);
  const moment = parseRfc3339(text);
  if (span !== undefined) return (now) => now + span;
  if (moment !== undefined) return () => moment;
  throw new InvalidArgumentError('It must be a duration such as 90d, a date or time such as 2027-01-31T12:00:00Z, or never.');
}

/** A duration such as `90s` or `2w`, in ms. */
export function parseSpan(text: string): number {
  const span = parseDuration(text);
  if (span === undefined) throw new InvalidArgumentError('It must be a duration such as 90s, 15m, 24h, 7d or 2w.');
  return span;
}
