/** All settings of `otpd serve`: the flags, the help texts and the table of docs/configuration.md come from here. */

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** A setting: a flag of `otpd serve`, or an environment variable that applies if the flag is absent. */
export interface Setting {
  /** The long flag; a boolean flag has no value. */
  readonly flag: string;
  readonly value?: string;
  readonly env: string;
  readonly fallback?: string;
  readonly help: string;
  /** True if the value must never be shown. */
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
    help: 'address for HTTP (Connect, gRPC-Web, JSON); port 0 takes any free one; off for none',
  },
  opsListen: {
    flag: '--ops-listen',
    value: 'host:port|off',
    env: 'OTPD_OPS_LISTEN',
    fallback: '127.0.0.1:9464',
    help: 'address for /metrics, /livez and /readyz, in plain HTTP and without an API key; port 0 takes any free one; off for none',
  },
  corsOrigins: {
    flag: '--cors-origins',
    value: 'origins',
    env: 'OTPD_CORS_ORIGINS',
    help: 'origins whose web pages may call over HTTP, such as https://app.example.com,https://example.org; * for any; none if unset',
  },
  page: { flag: '--page', env: 'OTPD_PAGE', help: 'serve the browser page beyond loopback too' },
  noPage: { flag: '--no-page', env: 'OTPD_NO_PAGE', help: 'do not serve the browser page' },
  dataDir: {
    flag: '--data-dir',
    value: 'dir',
    env: 'OTPD_DATA_DIR',
    fallback: './data',
    help: 'folder of the database; created if missing',
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
    help: 'Redis 7 or Valkey as the store that several instances share: redis://host:port, redis-sentinel://host:port,host:port/NAME or redis-cluster://host:port,host:port, with user:password@ before the first host if need be, and with rediss for TLS; prefer the environment, since it may hold a password, or name a file that holds it (OTPD_REDIS_URL_FILE)',
    secret: true,
  },
  redisWait: {
    flag: '--redis-wait',
    value: 'replicas',
    env: 'OTPD_REDIS_WAIT',
    fallback: '0',
    help: 'replicas that must hold the result of a check before it is returned, so that it survives a failover; 0 to 10',
  },
  redisCa: {
    flag: '--redis-ca',
    value: 'file',
    env: 'OTPD_REDIS_CA',
    help: "PEM root certificates to trust for TLS with Redis, instead of the system's",
  },
  redisCert: {
    flag: '--redis-cert',
    value: 'file',
    env: 'OTPD_REDIS_CERT',
    help: 'PEM client certificate for Redis',
  },
  redisKey: {
    flag: '--redis-key',
    value: 'file',
    env: 'OTPD_REDIS_KEY',
    help: 'PEM private key of the client certificate for Redis',
  },
  fingerprintKeyFile: {
    flag: '--fingerprint-key-file',
    value: 'file',
    env: 'OTPD_FINGERPRINT_KEY_FILE',
    help: 'file of the fingerprint key, 64 hexadecimal digits, the same for all instances; created in the data folder if unset; required with Redis',
  },
  sealingKeys: {
    flag: '--sealing-keys',
    value: 'file',
    env: 'OTPD_SEALING_KEYS',
    help: 'file of the sealing keys, the same for all instances (`otpd sealing-keys`); `sealing-keys` in the data folder if unset, created at the first start, except with Redis',
  },
  enrolmentTtl: {
    flag: '--enrolment-ttl',
    value: 'duration',
    env: 'OTPD_ENROLMENT_TTL',
    fallback: '24h',
    help: 'how long a new enrolment can be confirmed, such as 15m or 7d; 1m to 30d',
  },
  auditLog: {
    flag: '--audit-log',
    value: 'file',
    env: 'OTPD_AUDIT_LOG',
    help: 'file to append the audit trail to, as JSON lines',
  },
  tlsCert: { flag: '--tls-cert', value: 'file', env: 'OTPD_TLS_CERT', help: 'PEM certificate chain; turns TLS on' },
  tlsKey: { flag: '--tls-key', value: 'file', env: 'OTPD_TLS_KEY', help: 'PEM private key of the certificate' },
  tlsClientCa: {
    flag: '--tls-client-ca',
    value: 'file',
    env: 'OTPD_TLS_CLIENT_CA',
    help: 'PEM root certificates for client certificates, which are then required (mutual TLS)',
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
    help: 'file that holds the log level instead; read again when it changes and on SIGHUP, without a restart',
  },
  logFormat: {
    flag: '--log-format',
    value: 'text|json',
    env: 'OTPD_LOG_FORMAT',
    help: 'format of the log lines; text if standard error is a terminal, otherwise json',
  },
  shutdownGrace: {
    flag: '--shutdown-grace',
    value: 'seconds',
    env: 'OTPD_SHUTDOWN_GRACE',
    fallback: '10',
    help: 'how long a shutdown waits for calls in progress, 0 to 300',
  },
  maxConnections: {
    flag: '--max-connections',
    value: 'n',
    env: 'OTPD_MAX_CONNECTIONS',
    fallback: '5000',
    help: 'maximum number of connections per process, 1 to 1000000; further connections are closed at once',
  },
  maxConnectionsPerAddress: {
    flag: '--max-connections-per-address',
    value: 'n',
    env: 'OTPD_MAX_CONNECTIONS_PER_ADDRESS',
    fallback: '1000',
    help: 'maximum number of connections per process from an IPv4 address or a /64 of IPv6, 1 to 1000000',
  },
  maxConnectionAge: {
    flag: '--max-connection-age',
    value: 'duration',
    env: 'OTPD_MAX_CONNECTION_AGE',
    fallback: '30m',
    help: 'how long a connection accepts calls, plus or minus 10 %, so that a load balancer distributes callers again, such as 90s or 30m; 1s to 7d',
  },
  maxConnectionAgeGrace: {
    flag: '--max-connection-age-grace',
    value: 'duration',
    env: 'OTPD_MAX_CONNECTION_AGE_GRACE',
    fallback: '10s',
    help: 'how long calls in progress and streams may continue on a connection of that age, 0s to 1h',
  },
  fastPath: {
    flag: '--fast-path',
    value: 'on|off',
    env: 'OTPD_FAST_PATH',
    fallback: 'on',
    help: 'serve unary calls on the fast path, with the versions of Node and grpc-js that it was tested with; off serves all calls with grpc-js alone',
  },
  trustedProxies: {
    flag: '--trusted-proxies',
    value: 'cidrs',
    env: 'OTPD_TRUSTED_PROXIES',
    help: 'proxies whose x-forwarded-for is trusted, such as 10.0.0.0/8,2001:db8::1; none if unset',
  },
  workers: {
    flag: '--workers',
    value: 'n',
    env: 'OTPD_WORKERS',
    fallback: '1',
    help: 'number of processes that share the port and the limits, 1 to 64; set it to the number of cores',
  },
};
