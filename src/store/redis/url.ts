/** Reads the URL of a Redis: where it is and who asks. Nothing of a URL that cannot be read is shown, as it may hold a password. */
import { invalid } from '../../otp/error.ts';

const DEFAULT_PORT = 6379;

/** Where a Redis is, and who asks. */
export interface RedisAddress {
  /** A host name or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  /** True for `rediss://`. */
  readonly tls: boolean;
  /** A user of Redis' ACL; empty: the default one. */
  readonly username: string;
  /** Empty: none. */
  readonly password: string;
  /** The number of the database; 0 in a Cluster. */
  readonly db: number;
}

/** Reads `redis://[[user]:password@]host[:port][/db]`, or `rediss://` for TLS. Throws `InvalidInputError`, without the text. */
export function parseRedisUrl(text: string): RedisAddress {
  const address = URL.canParse(text) ? addressOf(new URL(text)) : undefined;
  if (address === undefined)
    throw invalid('url', 'not the URL of a Redis: use redis://[[user]:password@]host[:port][/db], or rediss:// for TLS');
  return address;
}

/** Parameters are refused, not ignored: who writes one expects it to act. */
function addressOf({ protocol, hostname, port, username, password, pathname, search, hash }: URL): RedisAddress | undefined {
  const [, db] = /^\/?(\d{0,4})$/.exec(pathname) ?? [];
  if (!['redis:', 'rediss:'].includes(protocol) || hostname === '' || db === undefined || search !== '' || hash !== '')
    return undefined;
  try {
    return {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? DEFAULT_PORT : Number(port),
      tls: protocol === 'rediss:',
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      db: Number(db),
    };
  } catch {
    return undefined; // A stray percent sign.
  }
}
