/** Parses the URL of a Redis: its address and its login. Nothing of a URL that cannot be parsed is shown, since it may contain a password. */
import { invalid } from '../../otp/error.ts';

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;
/** The most hosts in a URL. */
const MOST_HOSTS = 64;

/** The login and the security of a connection. */
export interface RedisLogin {
  /** True for `rediss…`. */
  readonly tls: boolean;
  /** A user of Redis' ACL; empty for the default user. */
  readonly username: string;
  /** Empty for no password. */
  readonly password: string;
  /** The number of the database; 0 in a Cluster. */
  readonly db: number;
}

/** The address of a Redis, and its login. */
export interface RedisAddress extends RedisLogin {
  /** A host name or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The servers in a URL. */
export type RedisTarget =
  | { readonly kind: 'one'; readonly address: RedisAddress }
  /** Some sentinels, their name of the master, and the login for the master itself. */
  | { readonly kind: 'sentinel'; readonly sentinels: readonly RedisAddress[]; readonly name: string; readonly login: RedisLogin }
  /** Some nodes of a Cluster, which know the others. */
  | { readonly kind: 'cluster'; readonly seeds: readonly RedisAddress[] };

const FORMS =
  'redis://[[user]:password@]host[:port][/db], redis-sentinel://[[user]:password@]host[:port],…/NAME[/db] or ' +
  'redis-cluster://[[user]:password@]host[:port],…, with rediss for redis where TLS is on';

/**
 * Reads `redis://[[user]:password@]host[:port][/db]`, `redis-sentinel://[[user]:password@]host[:port],…/NAME[/db]` with the parameters
 * `sentinelUsername` and `sentinelPassword`, and `redis-cluster://[[user]:password@]host[:port],…`; `rediss…` for TLS. Throws `InvalidInputError`,
 * without the text.
 */
export function parseRedisUrl(text: string): RedisTarget {
  const parts = /^(rediss?)(?:-(sentinel|cluster))?:\/\/(?:([^/?#]*)@)?([^/?#@]*)([^?#]*)(\?[^#]*)?$/.exec(text);
  if (parts === null) throw invalid('url', `not the URL of a Redis: use ${FORMS}`);
  const [, scheme, kind, user = '', hosts = '', path = '', query = ''] = parts;
  const login = { tls: scheme === 'rediss', ...readUser(user) };
  if (kind === 'sentinel') return readSentinel(login, hosts, path, query);
  // Unknown parameters are refused instead of ignored, because they are expected to have an effect.
  if (query !== '') throw invalid('url', 'parameters are for redis-sentinel:// alone: leave out what follows the question mark');
  if (kind === 'cluster') {
    if (!/^\/?0?$/.test(path)) throw invalid('url', 'a Cluster has database 0 alone: leave out what follows the hosts');
    return { kind, seeds: readHosts(hosts, REDIS_PORT).map((place) => ({ ...place, ...login, db: 0 })) };
  }
  const [place, second] = readHosts(hosts, REDIS_PORT);
  if (place === undefined || second !== undefined)
    throw invalid('url', 'several hosts: use redis-sentinel:// or redis-cluster://, whichever they are');
  return { kind: 'one', address: { ...place, ...login, db: readDatabase(path) } };
}

function readSentinel(login: Omit<RedisLogin, 'db'>, hosts: string, path: string, query: string): RedisTarget {
  const [, name = '', db = ''] = /^\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  if (name === '')
    throw invalid('url', 'without the name of the master, as the sentinels know it: put it behind the hosts, /NAME');
  const parameters = new URLSearchParams(query);
  const own = ['sentinelUsername', 'sentinelPassword'];
  if ([...parameters.keys()].some((key) => !own.includes(key)))
    throw invalid('url', `an unknown parameter: the only ones are ${own.join(' and ')}`);
  const [username = '', password = ''] = own.map((key) => parameters.get(key) ?? '');
  if (username !== '' && password === '') throw invalid('url', 'sentinelUsername without sentinelPassword: give both');
  return {
    kind: 'sentinel',
    sentinels: readHosts(hosts, SENTINEL_PORT).map((place) => ({ ...place, tls: login.tls, username, password, db: 0 })),
    name: decoded(name),
    login: { ...login, db: readDatabase(db) },
  };
}

function readUser(text: string): Pick<RedisLogin, 'username' | 'password'> {
  const colon = text.indexOf(':');
  const [username, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return { username: decoded(username), password: decoded(password) };
}

function readHosts(text: string, defaultPort: number): Pick<RedisAddress, 'host' | 'port'>[] {
  const hosts = text.split(',');
  if (hosts.length > MOST_HOSTS) throw invalid('url', `more than ${MOST_HOSTS} hosts: some of them are enough`);
  return hosts.map((host, place) => {
    const url = URL.canParse(`redis://${host}`) ? new URL(`redis://${host}`) : undefined;
    if (url === undefined || url.hostname === '') {
      const which = hosts.length > 1 ? `the ${place + 1}. host` : 'the host';
      throw invalid('url', `${which} cannot be read: use host or host:port, and percent-encode the password`);
    }
    return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? defaultPort : Number(url.port) };
  });
}

function readDatabase(path: string): number {
  const [, db] = /^\/?(\d{0,4})$/.exec(path) ?? [];
  if (db === undefined) throw invalid('url', 'the database cannot be read: use a number, such as /0');
  return Number(db);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('url', 'a stray percent sign: write %25 for it');
  }
}
