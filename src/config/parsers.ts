/** Parse the values of settings from their text. Each throws `InvalidInputError`, without a field, for any other text. */
import { existsSync } from 'node:fs';
import { invalid, Violations } from '../otp/error.ts';
import { parseRedisUrl } from '../store/redis/url.ts';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from './settings.ts';

/** Units of spans of time, in ms. */
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** The longest duration, in ms: a hundred years. */
const LONGEST = 36_525 * 86_400_000;

export function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (level === undefined) throw invalid('', `unknown level: use one of ${LOG_LEVELS.join(', ')}`);
  return level;
}

export function parseLogFormat(text: string): LogFormat {
  const format = LOG_FORMATS.find((name) => name === text);
  if (format === undefined) throw invalid('', `unknown format: use ${LOG_FORMATS.join(' or ')}`);
  return format;
}

export function parseSeconds(text: string): number {
  const seconds = /^\d{1,3}(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= 300)) throw invalid('', 'not a number of seconds: use 0 to 300');
  return Math.round(seconds * 1000);
}

/** A duration such as `90s`, `15m`, `24h`, `90d` or `2w`, in ms; undefined for any other text, and for more than a hundred years. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,10})([smhdw])$/.exec(text) ?? [];
  const span = Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN);
  return span <= LONGEST ? span : undefined;
}

/** How long an enrolment may stay pending, in ms. */
export function parseEnrolmentTtl(text: string): number {
  return parseSpan(text, 60_000, 30 * 86_400_000, 'a minute to 30 days: use such as 15m, 24h or 7d');
}

/** Parses the age at which a connection accepts no more calls, in ms. Even a tenth more is a valid delay of a timer. */
export function parseConnectionAge(text: string): number {
  return parseSpan(text, 1000, 7 * 86_400_000, 'a second to 7 days: use such as 90s, 30m or 24h');
}

/** How long calls may continue after that age, in ms. */
export function parseConnectionAgeGrace(text: string): number {
  return parseSpan(text, 0, 3_600_000, '0 seconds to an hour: use such as 0s, 10s or 5m');
}

export function parseBoolean(text: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  if (/^(false|0|no|off)$/i.test(text)) return false;
  throw invalid('', 'neither true nor false: use one of the two');
}

/** Returns the text itself after checking that it can be parsed. */
export function parseRedis(text: string): string {
  parseRedisUrl(text);
  return text;
}

export function parseReplicas(text: string): number {
  return parseNumber(text, 'replicas', 0, 10);
}

export function parseConnections(text: string): number {
  return parseNumber(text, 'connections', 1, 1_000_000);
}

export function parseWorkers(text: string): number {
  return parseNumber(text, 'processes', 1, 64);
}

export function parseFile(path: string): string {
  if (!existsSync(path)) throw invalid('', 'no such file: correct the path');
  return path;
}

/**
 * Reads the origins whose pages may call over HTTP (RFC 6454 section 6.2), separated by commas, or `*` for any. Throws `InvalidInputError` with a
 * violation for each invalid entry.
 */
export function parseCorsOrigins(text: string): readonly string[] {
  const violations = new Violations();
  const entries = text.split(',').map((entry) => entry.trim());
  if (entries.includes('*') && entries.length > 1) violations.add('', 'has * beside others: name the origins, or * alone');
  for (const [place, entry] of entries.entries()) {
    if (entry !== '*' && !isOrigin(entry))
      violations.add(
        '',
        `entry ${place + 1} is not an origin: use scheme, host and port as browsers send them, such as https://app.example.com`,
      );
  }
  violations.throwIfAny();
  return entries;
}

/** Whether a text is an origin in its canonical form: lower case, without the default port of the scheme and without a slash at the end. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && text !== 'null';
}

function parseSpan(text: string, least: number, most: number, range: string): number {
  const span = parseDuration(text);
  if (span === undefined || span < least || span > most) throw invalid('', `not a duration from ${range}`);
  return span;
}

/** Reads a number in its canonical form: `01` and `1e1` are mistakes. */
function parseNumber(text: string, what: string, least: number, most: number): number {
  const number = Number(text);
  if (String(number) !== text || !Number.isInteger(number) || number < least || number > most)
    throw invalid('', `not a number of ${what}: use ${least} to ${most}`);
  return number;
}
