/** Checks a Redis before it is used: refuses settings that lose state silently, and warns of settings that may lose some. */
import type { Connection } from './connection.ts';
import { RedisAwayError, RedisSetupError, reasonOf } from './error.ts';

const OLDEST_MAJOR = 7;

type Info = ReadonlyMap<string, string>;

/** Checks the server; resolves to the warnings. Throws `RedisSetupError` for a server that must not be used. */
export async function checkServer(connection: Connection, replicas: number): Promise<string[]> {
  const info = await readInfo(connection);
  refuseUnfit(info);
  return [...persistenceWarnings(info, await readPersistence(connection)), ...replicaWarnings(info, replicas)];
}

async function readInfo({ redis, answered }: Connection): Promise<Info> {
  try {
    return infoOf(await answered(redis.info()));
  } catch (error) {
    throw new RedisSetupError(`cannot be checked (INFO: ${reasonOf(error)}): allow its user that command`);
  }
}

function infoOf(text: string): Info {
  return new Map(
    text
      .split('\r\n')
      .map((line) => line.split(':', 2))
      .map(([name = '', value = '']) => [name, value]),
  );
}

function refuseUnfit(info: Info): void {
  // Valkey, which was forked from 7.2, reports the version that it is compatible with.
  const version = info.get('redis_version') ?? 'unknown';
  if (!(Number.parseInt(version, 10) >= OLDEST_MAJOR))
    throw new RedisSetupError(`is too old (${version}): use Redis ${OLDEST_MAJOR} or later, or Valkey`);
  if (info.get('role') !== 'master') throw new RedisAwayError('is a replica: OTPD_REDIS_URL must lead to the primary');
  const policy = info.get('maxmemory_policy');
  if (info.get('maxmemory') !== '0' && policy !== 'noeviction')
    throw new RedisSetupError(
      `would drop used codes when its memory is full (maxmemory-policy ${policy}): set maxmemory-policy to noeviction`,
    );
}

/** The settings of persistence; undefined if Redis does not show them, as with managed servers and restricted users. */
async function readPersistence({ redis, answered }: Connection): Promise<Info | undefined> {
  try {
    const [save = '', appendfsync = ''] = await Promise.all(
      ['save', 'appendfsync'].map(async (name) => ((await answered(redis.config('GET', name))) as string[])[1]),
    );
    return new Map(Object.entries({ save, appendfsync }));
  } catch {
    return undefined;
  }
}

function persistenceWarnings(info: Info, settings: Info | undefined): string[] {
  const appends = info.get('aof_enabled') === '1';
  if (settings === undefined)
    return ['Redis does not let its persistence be checked (CONFIG GET): see that appendonly is yes and appendfsync not no'];
  if (!appends && settings.get('save') === '')
    return ['Redis keeps nothing on disk: its restart loses every API key and used code; set appendonly to yes'];
  if (!appends) return ['Redis only saves from time to time: a crash forgets codes used since; set appendonly to yes'];
  if (settings.get('appendfsync') === 'no')
    return ['Redis leaves it to the system when to write: a crash may forget used codes; set appendfsync to everysec or always'];
  return [];
}

function replicaWarnings(info: Info, replicas: number): string[] {
  const connected = Number(info.get('connected_slaves') ?? 0);
  if (connected >= replicas) return [];
  return [`Redis has ${connected} of the ${replicas} replicas that must acknowledge: codes cannot be verified until it has them`];
}
