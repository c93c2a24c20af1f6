/** Environment and flags become one frozen object; every mistake is listed at once. */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { InvalidInputError, invalid, Violations } from './otp/error.ts';
import { LOG_LEVELS, type LogLevel, SETTINGS, type Setting, type SettingName } from './settings.ts';
import type { RedisLocation } from './store/open.ts';
import { parseRedisUrl } from './store/redis-url.ts';

/** How `otpd serve` runs. */
export interface Config {
  readonly listen: ListenAddress;
  readonly dataDir: string;
  readonly plansFile: string | undefined;
  /** The shared store in place of the embedded one; undefined for the latter. */
  readonly redis: RedisLocation | undefined;
  /** The file of the fingerprint key; undefined for the one in the data folder. */
  readonly fingerprintKeyFile: string | undefined;
  /** The file of the audit trail; undefined for none. */
  readonly auditLog: string | undefined;
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string | undefined } | undefined;
  readonly insecure: boolean;
  readonly reflection: boolean;
  readonly logLevel: LogLevel;
  /** How long calls in flight may take to end at a shutdown, in ms. */
  readonly shutdownGraceMs: number;
  /** How many processes serve. */
  readonly workers: number;
}

export interface ListenAddress {
  /** An IP address without brackets, or a host name. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** What the command line gave: text for a setting with a value, true for a boolean one. */
export type Flags = Readonly<Partial<Record<SettingName, string | boolean>>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the settings; throws `InvalidInputError` with every mistake, each under the flag or variable that it came from. */
export function loadConfig(flags: Flags, env: Environment): Config {
  const violations = new Violations();
  const given = (name: SettingName) => sourceOf(name, flags, env);
  const read = <T>(name: SettingName, parse: (text: string) => T): T | undefined => {
    const { text, from } = given(name);
    return text === undefined ? undefined : violations.collect('', () => named(from, () => parse(text)));
  };
  const listen = read('listen', parseListen);
  const dataDir = read('dataDir', (text) => text);
  const logLevel = read('logLevel', parseLogLevel);
  const shutdownGraceMs = read('shutdownGrace', parseSeconds);
  const workers = read('workers', parseWorkers);
  const redisUrl = read('redisUrl', parseRedis);
  const waitReplicas = read('redisWait', parseReplicas) ?? 0;
  const [ca, redisCert, redisKey] = (['redisCa', 'redisCert', 'redisKey'] as const).map((name) => read(name, parseFile));
  const fingerprintKeyFile = read('fingerprintKeyFile', parseFile);
  const auditLog = given('auditLog').text;
  const insecure = read('insecure', parseBoolean) ?? false;
  const noReflection = read('noReflection', parseBoolean) ?? false;
  const [cert, key, clientCa, plansFile] = (['tlsCert', 'tlsKey', 'tlsClientCa', 'plans'] as const).map((name) =>
    read(name, parseFile),
  );
  if ((given('tlsCert').text === undefined) !== (given('tlsKey').text === undefined)) {
    violations.add('--tls-cert', 'goes together with --tls-key (OTPD_TLS_CERT, OTPD_TLS_KEY): set both or neither');
  }
  if (given('tlsClientCa').text !== undefined && given('tlsCert').text === undefined) {
    violations.add('--tls-client-ca', 'needs --tls-cert and --tls-key');
  }
  if (listen !== undefined && given('tlsCert').text === undefined && !insecure && !isLoopback(listen.host)) {
    violations.add('--listen', 'beyond loopback without TLS: set --tls-cert and --tls-key, or allow plaintext with --insecure');
  }
  if (given('redisUrl').text !== undefined && given('fingerprintKeyFile').text === undefined) {
    violations.add(
      '--fingerprint-key-file',
      'required with Redis: make one with `openssl rand -hex 32`, and give it to every instance',
    );
  }
  violations.throwIfAny();
  if (listen === undefined || dataDir === undefined || logLevel === undefined || shutdownGraceMs === undefined || !workers)
    throw new Error('a setting has no default');
  const tls = cert === undefined || key === undefined ? undefined : { cert, key, clientCa };
  const redis = redisUrl === undefined ? undefined : { url: redisUrl, waitReplicas, ca, cert: redisCert, key: redisKey };
  return Object.freeze({
    listen,
    dataDir,
    plansFile,
    redis,
    fingerprintKeyFile,
    auditLog,
    tls,
    insecure,
    reflection: !noReflection,
    logLevel,
    shutdownGraceMs,
    workers,
  });
}

/** `host:port` as grpc-js takes it, with brackets around IPv6. */
export function formatAddress({ host, port }: ListenAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function sourceOf(name: SettingName, flags: Flags, env: Environment): { text: string | undefined; from: string } {
  const setting: Setting = SETTINGS[name];
  const flag = flags[name];
  if (flag !== undefined) return { text: String(flag), from: setting.flag };
  return { text: env[setting.env] || setting.fallback, from: setting.env };
}

function named<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(error.violations.map(({ description }) => ({ field, description })));
  }
}

function parseListen(text: string): ListenAddress {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (!host || port > 65_535) throw invalid('', 'not an address: use host:port, such as 127.0.0.1:50051 or [::1]:50051');
  return { host, port };
}

function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (level === undefined) throw invalid('', `unknown level: use one of ${LOG_LEVELS.join(', ')}`);
  return level;
}

function parseSeconds(text: string): number {
  const seconds = /^\d{1,3}(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= 300)) throw invalid('', 'not a number of seconds: use 0 to 300');
  return Math.round(seconds * 1000);
}

function parseBoolean(text: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  if (/^(false|0|no|off)$/i.test(text)) return false;
  throw invalid('', 'neither true nor false: use one of the two');
}

/** The text itself, once it is known to be readable. */
function parseRedis(text: string): string {
  parseRedisUrl(text);
  return text;
}

function parseReplicas(text: string): number {
  if (!/^(\d|10)$/.test(text)) throw invalid('', 'not a number of replicas: use 0 to 10');
  return Number(text);
}

function parseWorkers(text: string): number {
  if (!/^([1-9]|[1-5]\d|6[0-4])$/.test(text)) throw invalid('', 'not a number of processes: use 1 to 64');
  return Number(text);
}

function parseFile(path: string): string {
  if (!existsSync(path)) throw invalid('', 'no such file: correct the path');
  return path;
}
