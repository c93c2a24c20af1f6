/** All settings of `otpd serve`: the flags, the help texts and the table of docs/configuration.md come from here. */

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** A setting: a flag of `otpd serve`, or an environment variable where the flag is absent. */
export interface Setting {
  /** The long flag; a boolean one has no value. */
  readonly flag: string;
  readonly value?: string;
  readonly env: string;
  readonly fallback?: string;
  readonly help: string;
  /** True if the value itself must never be shown. */
  readonly secret?: boolean;
}

export type SettingName =
  | 'listen'
  | 'httpListen'
  | 'opsListen'
  | 'corsOrigins'
  | 'page'
  | 'noPage'
  | 'dataDir'
  | 'plans'
  | 'redisUrl'
  | 'redisWait'
  | 'redisCa'
  | 'redisCert'
  | 'redisKey'
  | 'fingerprintKeyFile'
  | 'sealingKeys'
  | 'enrolmentTtl'
  | 'auditLog'
  | 'tlsCert'
  | 'tlsKey'
  | 'tlsClientCa'
  | 'insecure'
  | 'noReflection'
  | 'logLevel'
  | 'logLevelFile'
  | 'logFormat'
  | 'shutdownGrace'
  | 'maxConnections'
  | 'maxConnectionsPerAddress'
  | 'maxConnectionAge'
  | 'maxConnectionAgeGrace'
  | 'fastPath'
  | 'trustedProxies'
  | 'workers';

/** In the order of the help text. */
export const SETTINGS: Readonly<Record<SettingName, Setting>> = {
  listen: {
    flag: '--listen',
    value: 'host:port',
    env: 'OTPD_LISTEN',
    fallback: '127.0.0.1:50051',
    help: 'address to listen on; port 0 takes any free one',
  },
  httpListen: {
    flag: '--http-listen',
    value: 'host:port|off',
    env: 'OTPD_HTTP_LISTEN',
    fallback: '127.0.0.1:50080',
    help: 'address for HTTP (Connect, gRPC-Web, JSON), port 0 for any free one; off for none',
  },
  opsListen: {
    flag: '--ops-listen',
    value: 'host:port|off',
    env: 'OTPD_OPS_LISTEN',
    fallback: '127.0.0.1:9464',
    help: 'address for /metrics, /livez and /readyz, in plain HTTP and without an API key; port 0 for any free one, off for none',
  },
  corsOrigins: {
    flag: '--cors-origins',
    value: 'origins',
    env: 'OTPD_CORS_ORIGINS',
    help: 'origins whose web pages may call by HTTP, such as https://app.example.com,https://example.org; * for any, none if unset',
  },
  page: { flag: '--page', env: 'OTPD_PAGE', help: 'serve the page that tries the calls in a browser beyond loopback too' },
  noPage: { flag: '--no-page', env: 'OTPD_NO_PAGE', help: 'do not serve that page at all' },
  dataDir: {
    flag: '--data-dir',
    value: 'dir',
    env: 'OTPD_DATA_DIR',
    fallback: './data',
    help: 'folder of the database, made if absent',
  },
  plans: {
    flag: '--plans',
    value: 'file',
    env: 'OTPD_PLANS',
    help: 'JSON file of plans instead of free, pro, ultra and unlimited',
  },
  redisUrl: {
    flag: '--redis-url',
    value: 'url',
    env: 'OTPD_REDIS_URL',
    help: 'Redis 7 or Valkey as the store that several instances share: redis://[user:password@]host:port, redis-sentinel://[user:password@]host:port,…/NAME or redis-cluster://[user:password@]host:port,…, with rediss for TLS; prefer the environment, since it may hold a password, or name a file that holds it (OTPD_REDIS_URL_FILE)',
    secret: true,
  },
  redisWait: {
    flag: '--redis-wait',
    value: 'replicas',
    env: 'OTPD_REDIS_WAIT',
    fallback: '0',
    help: 'replicas that must hold a judgement before it is answered, so that it survives a failover; 0 to 10',
  },
  redisCa: {
    flag: '--redis-ca',
    value: 'file',
    env: 'OTPD_REDIS_CA',
    help: "PEM authorities to trust for rediss… instead of the system's",
  },
  redisCert: {
    flag: '--redis-cert',
    value: 'file',
    env: 'OTPD_REDIS_CERT',
    help: 'PEM certificate to show to a Redis that demands one',
  },
  redisKey: { flag: '--redis-key', value: 'file', env: 'OTPD_REDIS_KEY', help: 'PEM private key of that certificate' },
  fingerprintKeyFile: {
    flag: '--fingerprint-key-file',
    value: 'file',
    env: 'OTPD_FINGERPRINT_KEY_FILE',
    help: 'file of 64 hexadecimal digits, the same for all instances; made in the data folder if unset, required with Redis',
  },
  sealingKeys: {
    flag: '--sealing-keys',
    value: 'file',
    env: 'OTPD_SEALING_KEYS',
    help: 'file of the sealing keys, the same for all instances (`otpd sealing-keys`); `sealing-keys` in the data folder if unset, made there at the first start, but never with Redis',
  },
  enrolmentTtl: {
    flag: '--enrolment-ttl',
    value: 'span',
    env: 'OTPD_ENROLMENT_TTL',
    fallback: '24h',
    help: 'how long the sealed key of a new enrolment may be confirmed, such as 15m or 7d, 1m to 30d',
  },
  auditLog: {
    flag: '--audit-log',
    value: 'file',
    env: 'OTPD_AUDIT_LOG',
    help: 'append an audit trail to this file, as JSON lines',
  },
  tlsCert: { flag: '--tls-cert', value: 'file', env: 'OTPD_TLS_CERT', help: 'PEM certificate chain; turns TLS on' },
  tlsKey: { flag: '--tls-key', value: 'file', env: 'OTPD_TLS_KEY', help: 'PEM private key of the certificate' },
  tlsClientCa: {
    flag: '--tls-client-ca',
    value: 'file',
    env: 'OTPD_TLS_CLIENT_CA',
    help: 'PEM authorities whose client certificates are demanded (mutual TLS)',
  },
  insecure: {
    flag: '--insecure',
    env: 'OTPD_INSECURE',
    help: 'listen beyond loopback without TLS: API keys and codes travel in the clear',
  },
  noReflection: { flag: '--no-reflection', env: 'OTPD_NO_REFLECTION', help: 'turn server reflection off' },
  logLevel: {
    flag: '--log-level',
    value: 'level',
    env: 'OTPD_LOG_LEVEL',
    fallback: 'info',
    help: `one of ${LOG_LEVELS.join(', ')}`,
  },
  logLevelFile: {
    flag: '--log-level-file',
    value: 'file',
    env: 'OTPD_LOG_LEVEL_FILE',
    help: 'file that holds the level instead, read again when it changes and on SIGHUP, so that it can be changed without a restart',
  },
  logFormat: {
    flag: '--log-format',
    value: 'text|json',
    env: 'OTPD_LOG_FORMAT',
    help: 'the form of a log line; text if standard error is a terminal, json elsewhere',
  },
  shutdownGrace: {
    flag: '--shutdown-grace',
    value: 'seconds',
    env: 'OTPD_SHUTDOWN_GRACE',
    fallback: '10',
    help: 'how long calls in flight may take to end at a shutdown, 0 to 300',
  },
  maxConnections: {
    flag: '--max-connections',
    value: 'n',
    env: 'OTPD_MAX_CONNECTIONS',
    fallback: '5000',
    help: 'connections that each process takes at a time, 1 to 1000000; more are closed at once',
  },
  maxConnectionsPerAddress: {
    flag: '--max-connections-per-address',
    value: 'n',
    env: 'OTPD_MAX_CONNECTIONS_PER_ADDRESS',
    fallback: '1000',
    help: 'connections that each process takes at a time from one IPv4 address or one /64 of IPv6, 1 to 1000000',
  },
  maxConnectionAge: {
    flag: '--max-connection-age',
    value: 'span',
    env: 'OTPD_MAX_CONNECTION_AGE',
    fallback: '30m',
    help: 'how long a connection takes calls, give or take a tenth, so that callers behind a balancer of connections spread anew, such as 90s or 30m, 1s to 7d',
  },
  maxConnectionAgeGrace: {
    flag: '--max-connection-age-grace',
    value: 'span',
    env: 'OTPD_MAX_CONNECTION_AGE_GRACE',
    fallback: '10s',
    help: 'how long calls in flight and streams on a connection of that age may go on, 0s to 1h',
  },
  fastPath: {
    flag: '--fast-path',
    value: 'on|off',
    env: 'OTPD_FAST_PATH',
    fallback: 'on',
    help: "serve unary calls without grpc-js' call object, on the Node and grpc-js that this was tested with; off serves all calls by grpc-js alone",
  },
  trustedProxies: {
    flag: '--trusted-proxies',
    value: 'cidrs',
    env: 'OTPD_TRUSTED_PROXIES',
    help: 'proxies whose x-forwarded-for names the caller, such as 10.0.0.0/8,2001:db8::1; none if unset',
  },
  workers: {
    flag: '--workers',
    value: 'n',
    env: 'OTPD_WORKERS',
    fallback: '1',
    help: 'processes that share the port and the limits, 1 to 64; as many as there are cores to give them',
  },
};
