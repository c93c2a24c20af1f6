/** Reads environment and flags into one frozen object, and lists every mistake at once. */

import { about, restating, Violations } from '../otp/error.ts';
import type { RedisLocation } from '../store/open.ts';
import { isLoopback, type ListenAddress, parseListen, parseListenOrOff } from './listen-address.ts';
import {
  parseBoolean,
  parseConnectionAge,
  parseConnectionAgeGrace,
  parseConnections,
  parseCorsOrigins,
  parseEnrolmentTtl,
  parseFile,
  parseLogFormat,
  parseLogLevel,
  parseRedis,
  parseReplicas,
  parseSeconds,
  parseWorkers,
} from './parsers.ts';
import { type LogFormat, type LogLevel, SETTINGS, type Setting, type SettingName } from './settings.ts';
import { wantsTraces } from './traces.ts';
import { parseTrustedProxies, type TrustedProxy } from './trusted-proxies.ts';

/** How `otpd serve` runs. */
export interface Config {
  readonly listen: ListenAddress;
  /** The address of the HTTP door; undefined if it is off. `isDefault` if the address was not configured. */
  readonly http: (ListenAddress & { readonly isDefault: boolean }) | undefined;
  /** The address of the operations door; undefined if it is off. `isDefault` if the address was not configured. */
  readonly ops: (ListenAddress & { readonly isDefault: boolean }) | undefined;
  /** The origins whose pages may call over HTTP, or `*` alone. */
  readonly corsOrigins: readonly string[];
  /** Whether the HTTP door serves the page; by default only on loopback. */
  readonly page: boolean;
  readonly dataDir: string;
  readonly plansFile: string | undefined;
  /** The shared store; undefined for the embedded one. */
  readonly redis: RedisLocation | undefined;
  /** The file of the fingerprint key; undefined for the file in the data folder. */
  readonly fingerprintKeyFile: string | undefined;
  /** The file of the sealing keys; undefined for the file in the data folder. */
  readonly sealingKeysFile: string | undefined;
  /** How long an enrolment may be confirmed after its key was sealed, in ms. */
  readonly enrolmentTtlMs: number;
  /** The file of the audit trail; undefined for none. */
  readonly auditLog: string | undefined;
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string | undefined } | undefined;
  readonly insecure: boolean;
  readonly reflection: boolean;
  readonly logLevel: LogLevel;
  /** The file that holds the level while the server runs; undefined for none. */
  readonly logLevelFile: string | undefined;
  /** Undefined: text if standard error is a terminal, otherwise JSON. */
  readonly logFormat: LogFormat | undefined;
  /** How long calls in flight may take to end at a shutdown, in ms. */
  readonly shutdownGraceMs: number;
  /** The most connections of each process at a time. */
  readonly maxConnections: number;
  /** The most of these connections from one address. */
  readonly maxConnectionsPerAddress: number;
  /** How long a connection accepts calls, give or take a tenth, in ms. */
  readonly maxConnectionAgeMs: number;
  /** How long calls on a connection of that age may continue, in ms. */
  readonly maxConnectionAgeGraceMs: number;
  /** Whether unary calls may bypass grpc-js' call object. */
  readonly fastPath: boolean;
  /** The networks of the proxies whose `x-forwarded-for` is trusted. */
  readonly trustedProxies: readonly TrustedProxy[];
  /** The number of serving processes. */
  readonly workers: number;
  /** Whether calls are traced. */
  readonly traces: boolean;
}

/** Values from the command line: text for a setting with a value, true for a boolean setting. */
export type Flags = Readonly<Partial<Record<SettingName, string | boolean>>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the settings. Throws `InvalidInputError` with every mistake, each under the flag or variable that it came from. */
export function loadConfig(flags: Flags, env: Environment): Config {
  const violations = new Violations();
  const given = (name: SettingName) => sourceOf(name, flags, env);
  const read = <T>(name: SettingName, parse: (text: string) => T): T | undefined => {
    const { text, from } = given(name);
    return text === undefined ? undefined : violations.collect('', () => restating(about(from), () => parse(text)));
  };
  const listen = read('listen', parseListen);
  const httpListen = read('httpListen', parseListenOrOff);
  const opsListen = read('opsListen', parseListenOrOff);
  const corsOrigins = read('corsOrigins', parseCorsOrigins) ?? [];
  const dataDir = read('dataDir', (text) => text);
  const logLevel = read('logLevel', parseLogLevel);
  const logLevelFile = read('logLevelFile', parseFile);
  const logFormat = read('logFormat', parseLogFormat);
  const shutdownGraceMs = read('shutdownGrace', parseSeconds);
  const maxConnections = read('maxConnections', parseConnections);
  const maxConnectionsPerAddress = read('maxConnectionsPerAddress', parseConnections);
  const maxConnectionAgeMs = read('maxConnectionAge', parseConnectionAge);
  const maxConnectionAgeGraceMs = read('maxConnectionAgeGrace', parseConnectionAgeGrace);
  const fastPath = read('fastPath', parseBoolean);
  const trustedProxies = read('trustedProxies', parseTrustedProxies) ?? [];
  const workers = read('workers', parseWorkers);
  const redisUrl = read('redisUrl', parseRedis);
  const waitReplicas = read('redisWait', parseReplicas) ?? 0;
  const [ca, redisCert, redisKey] = (['redisCa', 'redisCert', 'redisKey'] as const).map((name) => read(name, parseFile));
  const fingerprintKeyFile = read('fingerprintKeyFile', parseFile);
  const sealingKeysFile = given('sealingKeys').text;
  const enrolmentTtlMs = read('enrolmentTtl', parseEnrolmentTtl);
  const auditLog = given('auditLog').text;
  const insecure = read('insecure', parseBoolean) ?? false;
  const page = read('page', parseBoolean) ?? false;
  const noPage = read('noPage', parseBoolean) ?? false;
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
  for (const [flag, address] of [
    ['--listen', listen],
    ['--http-listen', httpListen],
  ] as const) {
    if (address === undefined || address === 'off' || given('tlsCert').text !== undefined || insecure) continue;
    if (!isLoopback(address.host))
      violations.add(flag, 'beyond loopback without TLS: set --tls-cert and --tls-key, or allow plaintext with --insecure');
  }
  if (given('redisUrl').text !== undefined && given('fingerprintKeyFile').text === undefined) {
    violations.add(
      '--fingerprint-key-file',
      'required with Redis: make one with `openssl rand -hex 32`, and give it to every instance',
    );
  }
  if (page && noPage) violations.add('--page', 'goes against --no-page: set one of them');
  const traces = wantsTraces(env, violations);
  violations.throwIfAny();
  const tls = cert === undefined || key === undefined ? undefined : { cert, key, clientCa };
  const redis = redisUrl === undefined ? undefined : { url: redisUrl, waitReplicas, ca, cert: redisCert, key: redisKey };
  const http = doorOf(required(httpListen), given('httpListen').isDefault);
  const ops = doorOf(required(opsListen), given('opsListen').isDefault);
  return Object.freeze({
    listen: required(listen),
    http,
    ops,
    corsOrigins,
    page: http !== undefined && !noPage && (page || isLoopback(http.host)),
    dataDir: required(dataDir),
    plansFile,
    redis,
    fingerprintKeyFile,
    sealingKeysFile,
    enrolmentTtlMs: required(enrolmentTtlMs),
    auditLog,
    tls,
    insecure,
    reflection: !noReflection,
    logLevel: required(logLevel),
    logLevelFile,
    logFormat,
    shutdownGraceMs: required(shutdownGraceMs),
    maxConnections: required(maxConnections),
    maxConnectionsPerAddress: required(maxConnectionsPerAddress),
    maxConnectionAgeMs: required(maxConnectionAgeMs),
    maxConnectionAgeGraceMs: required(maxConnectionAgeGraceMs),
    fastPath: required(fastPath),
    trustedProxies,
    traces,
    workers: required(workers),
  });
}

/** A setting with a default has a value unless it is invalid, and then an error was thrown before. */
function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a setting has no default');
  return value;
}

function doorOf(address: ListenAddress | 'off', isDefault: boolean): Config['http'] {
  return address === 'off' ? undefined : { ...address, isDefault };
}

interface Source {
  readonly text: string | undefined;
  /** The flag or the variable that the value came from. */
  readonly from: string;
  /** Whether the value came from neither. */
  readonly isDefault: boolean;
}

function sourceOf(name: SettingName, flags: Flags, env: Environment): Source {
  const setting: Setting = SETTINGS[name];
  const flag = flags[name];
  if (flag !== undefined) return { text: String(flag), from: setting.flag, isDefault: false };
  const text = env[setting.env] || undefined;
  return { text: text ?? setting.fallback, from: setting.env, isDefault: text === undefined };
}
