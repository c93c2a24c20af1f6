/** Reads the numbers of flags: strictly, for a misread digit count gives wrong codes. */
import { InvalidArgumentError } from 'commander';

const UINT32_MAX = 4_294_967_295;
const UINT64_MAX = 18_446_744_073_709_551_615n;

/** A whole number that the contract holds in 32 bits. The server knows the bounds of each field. */
export function parseCount(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > UINT32_MAX) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** The same from 1: zero would mean the default. */
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

/** A span in seconds, above zero and at most an hour, in ms. */
export function parseSeconds(text: string): number {
  const seconds = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds > 0 && seconds <= 3600))
    throw new InvalidArgumentError('It must be a number of seconds, above 0 and at most 3600.');
  return Math.round(seconds * 1000);
}
