/** The values of settings, from their text; each throws `InvalidInputError` without a field for what is none. */
import { existsSync } from 'node:fs';
import { invalid } from './otp/error.ts';
import { LOG_LEVELS, type LogLevel } from './settings.ts';
import { parseRedisUrl } from './store/redis-url.ts';

export function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (level === undefined) throw invalid('', `unknown level: use one of ${LOG_LEVELS.join(', ')}`);
  return level;
}

export function parseSeconds(text: string): number {
  const seconds = /^\d{1,3}(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= 300)) throw invalid('', 'not a number of seconds: use 0 to 300');
  return Math.round(seconds * 1000);
}

export function parseBoolean(text: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  if (/^(false|0|no|off)$/i.test(text)) return false;
  throw invalid('', 'neither true nor false: use one of the two');
}

/** The text itself, once it is known to be readable. */
export function parseRedis(text: string): string {
  parseRedisUrl(text);
  return text;
}

export function parseReplicas(text: string): number {
  if (!/^(\d|10)$/.test(text)) throw invalid('', 'not a number of replicas: use 0 to 10');
  return Number(text);
}

export function parseConnections(text: string): number {
  if (!/^([1-9]\d{0,5}|1000000)$/.test(text)) throw invalid('', 'not a number of connections: use 1 to 1000000');
  return Number(text);
}

export function parseWorkers(text: string): number {
  if (!/^([1-9]|[1-5]\d|6[0-4])$/.test(text)) throw invalid('', 'not a number of processes: use 1 to 64');
  return Number(text);
}

export function parseFile(path: string): string {
  if (!existsSync(path)) throw invalid('', 'no such file: correct the path');
  return path;
}
