/** API keys in Redis: one hash of records and one of last uses; no cache, so that a change is seen by the next look-up. */
import { randomBytes } from 'node:crypto';
import { DEFAULT_TENANT } from '../../ports/principal.ts';
import { type ApiKeyRecord, type KeyStore, knownScopes, StoreUnavailableError } from '../../ports/store.ts';
import { readingScript, writingScript } from './script.ts';
import type { Session } from './session.ts';

/** Each try but the last of somebody's fails because another's succeeded: this many only if as many change one key at once. */
const TRIES = 100;
/** Keys that one script touches: some milliseconds of Redis' time. */
const TOUCHED_AT_ONCE = 500;

/**
 * A record is kept as its place in the order of insertion (keys are never deleted), a space, and JSON without `id` and `lastUsedAt`. The last
 * uses are apart, so that writing them never meets a change.
 */
const FIND = readingScript(`return { redis.call('HGET', KEYS[2], ARGV[3]), redis.call('HGET', KEYS[3], ARGV[3]) }`);
const FIND_MANY = readingScript(`
return { redis.call('HMGET', KEYS[2], unpack(ARGV, 3)), redis.call('HMGET', KEYS[3], unpack(ARGV, 3)) }`);
const LIST = readingScript(`return { redis.call('HGETALL', KEYS[2]), redis.call('HGETALL', KEYS[3]) }`);

const VERSION = readingScript(`return redis.call('GET', KEYS[4]) or ''`);

const USE = `
local records, used, version = KEYS[2], KEYS[3], KEYS[4]
local function use(id, moment)
  if (tonumber(moment) or 0) > tonumber(redis.call('HGET', used, id) or 0) then redis.call('HSET', used, id, moment) end
end`;

const INSERT = writingScript(`${USE}
local _, _, id, record, moment, next_version, only_first = unpack(ARGV)
local known = redis.call('HLEN', records)
if (only_first == '1' and known > 0) or redis.call('HEXISTS', records, id) == 1 then return 0 end
redis.call('HSET', records, id, known .. ' ' .. record)
redis.call('SET', version, next_version)
use(id, moment)
return 1
`);

/** Compare and set: the present state instead of a number, if it is not the expected one. */
const REPLACE = writingScript(`${USE}
local _, _, id, expected, record, moment, next_version = unpack(ARGV)
local present = redis.call('HGET', records, id)
if present ~= expected then return { present, redis.call('HGET', used, id) } end
redis.call('HSET', records, id, record)
redis.call('SET', version, next_version)
use(id, moment)
return 1
`);

const TOUCH = writingScript(`${USE}
for place = 3, #ARGV, 2 do
  if redis.call('HEXISTS', records, ARGV[place]) == 1 then use(ARGV[place], ARGV[place + 1]) end
end
`);

/** The data of a key in Redis: its record, and when it was last used. */
type Kept = readonly [record: string | null, lastUsed: string | null];

const KEYS = ['keys', 'used', 'version'];

/** At random: a counter would come to the same number again after a failover or a backup that takes changes back. */
const nextVersion = (): string => randomBytes(16).toString('hex');

/** The API keys behind a session. */
export function createRedisKeys({ run, runAcknowledged }: Session): KeyStore {
  async function insert(key: ApiKeyRecord, onlyFirst: 0 | 1): Promise<boolean> {
    return (await runAcknowledged(INSERT, KEYS, [key.id, textOf(key), key.lastUsedAt ?? 0, nextVersion(), onlyFirst])) === 1;
  }

  async function find(id: string): Promise<Kept> {
    return (await run(FIND, KEYS, [id])) as Kept;
  }

  return {
    find: async (id) => recordOf(id, await find(id)),
    async findMany(ids) {
      const distinct = [...new Set(ids)];
      if (distinct.length === 0) return [];
      const [records, used] = (await run(FIND_MANY, KEYS, distinct)) as [Kept[0][], Kept[1][]];
      return distinct.flatMap((id, place) => recordOf(id, [records[place] ?? null, used[place] ?? null]) ?? []);
    },
    version: async () => String(await run(VERSION, KEYS, [])),
    async list() {
      const [records, used] = ((await run(LIST, KEYS, [])) as [string[], string[]]).map(pairsOf) as [Pairs, Pairs];
      return [...records]
        .map(([id, text]) => ({ place: Number.parseInt(text, 10), record: recordOf(id, [text, used.get(id) ?? null]) }))
        .sort((one, other) => (one.record?.createdAt ?? 0) - (other.record?.createdAt ?? 0) || one.place - other.place)
        .flatMap(({ record }) => record ?? []);
    },
    async insert(key) {
      if (!(await insert(key, 0))) throw new Error('an API key with this id exists');
    },
    insertFirst: (key) => insert(key, 1),
    async update(id, change) {
      let kept = await find(id);
      for (let left = TRIES; left > 0; left -= 1) {
        const [text] = kept;
        const key = recordOf(id, kept);
        if (text === null || key === undefined) return undefined;
        const changed = { ...change(key), tenant: key.tenant };
        const replaced = `${Number.parseInt(text, 10)} ${textOf(changed)}`;
        const reply = await runAcknowledged(REPLACE, KEYS, [id, text, replaced, changed.lastUsedAt ?? 0, nextVersion()]);
        if (reply === 1) return changed;
        kept = reply as Kept;
      }
      throw new StoreUnavailableError(new Error('one API key is changed by too many at once'));
    },
    async touch(lastUsed) {
      const uses = [...lastUsed];
      for (let from = 0; from < uses.length; from += TOUCHED_AT_ONCE)
        await run(TOUCH, KEYS, uses.slice(from, from + TOUCHED_AT_ONCE).flat());
    },
  };
}

type Pairs = ReadonlyMap<string, string>;

function pairsOf(flat: readonly string[]): Pairs {
  const pairs = new Map<string, string>();
  for (let place = 0; place < flat.length; place += 2) pairs.set(flat[place] ?? '', flat[place + 1] ?? '');
  return pairs;
}

/** An `ApiKeyRecord` as JSON has it: digests in base64, undefined left out. */
interface KeptRecord {
  readonly name: string;
  readonly plan: string;
  /** Undefined in a record of a program that knew no tenants. */
  readonly tenant?: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  readonly secrets: readonly { readonly digest: string; readonly createdAt: number; readonly expiresAt?: number }[];
}

function textOf({ name, plan, tenant, scopes, createdAt, expiresAt, revokedAt, secrets }: ApiKeyRecord): string {
  const kept = secrets.map((secret) => ({ ...secret, digest: Buffer.from(secret.digest).toString('base64') }));
  return JSON.stringify({ name, plan, tenant, scopes, createdAt, expiresAt, revokedAt, secrets: kept });
}

function recordOf(id: string, [text, lastUsed]: Kept): ApiKeyRecord | undefined {
  if (text === null) return undefined;
  const kept = JSON.parse(text.slice(text.indexOf(' ') + 1)) as KeptRecord;
  const { name, plan, tenant = DEFAULT_TENANT, scopes, createdAt, expiresAt, revokedAt, secrets } = kept;
  return {
    id,
    name,
    plan,
    tenant,
    scopes: knownScopes(scopes),
    createdAt,
    expiresAt,
    revokedAt,
    lastUsedAt: lastUsed === null ? undefined : Number(lastUsed),
    secrets: secrets.map((secret) => ({
      digest: Buffer.from(secret.digest, 'base64'),
      createdAt: secret.createdAt,
      expiresAt: secret.expiresAt,
    })),
  };
}
