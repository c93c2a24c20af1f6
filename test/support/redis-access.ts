/** The access to the Redis nodes that tests start: for everybody, for a user with a password, or only with a certificate. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, makeCertificate, type Pair } from './certificates.ts';

/** The requirements of the nodes. */
export interface AccessOptions {
  /** Requires certificates on all connections, also between the nodes. */
  readonly tls?: boolean;
  /** The rights of a user `otpd`, as a Redis ACL. If undefined, everybody has access. */
  readonly rights?: string;
}

/** The credentials of nodes, sentinels and callers. */
export interface Access {
  readonly isTls: boolean;
  /** The settings of a server, for its own access control and for its access to other servers. */
  readonly serverArgs: readonly string[];
  /** Returns the configuration of a sentinel that watches `name`. */
  readonly sentinelLines: (name: string) => readonly string[];
  readonly cliArgs: readonly string[];
  /** The same without the user, which sentinels do not have. */
  readonly sentinelCliArgs: readonly string[];
  /** The arguments with which MIGRATE authenticates to the other node. */
  readonly migrateArgs: readonly string[];
  /** The part of a URL before the hosts. */
  readonly userInfo: string;
  /** The files for `--redis-ca`, `--redis-cert` and `--redis-key`; undefined without TLS. */
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string } | undefined;
  readonly remove: () => void;
}

const USER = { name: 'otpd', password: 'hunter2' };
/** The user of the nodes and the tests, which has all rights. */
const MASTER = { name: 'node', password: 'between-nodes' };

/** Makes the certificates and credentials. */
export function makeAccess({ tls = false, rights }: AccessOptions): Access {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-redis-access-'));
  const authority = tls ? makeAuthority(folder, 'authority') : undefined;
  const pair = authority && makeCertificate(folder, 'node', authority);
  const tlsArgs = authority && pair ? tlsSettings(authority, pair) : [];
  const cliTls = authority && pair ? ['--tls', '--cacert', authority.cert, '--cert', pair.cert, '--key', pair.key] : [];
  const hasUsers = rights !== undefined;
  const users = hasUsers ? userSettings(rights) : [];
  return {
    isTls: tls,
    serverArgs: [...tlsArgs, ...users.flatMap(([name = '', ...words]) => [`--${name}`, ...words])],
    sentinelLines: (name) => [
      ...Array.from({ length: tlsArgs.length / 2 }, (_, place) => `${tlsArgs[2 * place]?.slice(2)} ${tlsArgs[2 * place + 1]}`),
      ...(hasUsers ? [`sentinel auth-user ${name} ${MASTER.name}`, `sentinel auth-pass ${name} ${MASTER.password}`] : []),
    ],
    cliArgs: [...cliTls, ...(hasUsers ? ['--user', MASTER.name, '-a', MASTER.password, '--no-auth-warning'] : [])],
    sentinelCliArgs: cliTls,
    migrateArgs: hasUsers ? ['auth2', MASTER.name, MASTER.password] : [],
    userInfo: !hasUsers ? '' : `${USER.name}:${USER.password}@`,
    files: authority && pair && { ca: authority.cert, cert: pair.cert, key: pair.key },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function tlsSettings(authority: Pair, { cert, key }: Pair): string[] {
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', authority.cert];
  return [...files, '--tls-replication', 'yes', '--tls-cluster', 'yes'];
}

function userSettings(rights: string): string[][] {
  return [
    ['user', 'default', 'off'],
    ['user', MASTER.name, 'on', `>${MASTER.password}`, '~*', '&*', '+@all'],
    ['user', USER.name, 'on', `>${USER.password}`, ...rights.split(' ')],
    ['masteruser', MASTER.name],
    ['masterauth', MASTER.password],
  ];
}
