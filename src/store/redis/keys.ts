/** API keys in Redis: a hash of records and a hash of last uses, without a cache, so that the next look-up sees a change. */
import { randomBytes } from 'node:crypto';
import { DEFAULT_TENANT } from '../../ports/principal.ts';
import {
  type ApiKeyRecord,
  type ApiKeySecret,
  type KeyPlace,
  type KeyStore,
  knownScopes,
  StoreUnavailableError,
} from '../../ports/store.ts';
import type { KeyName } from './layout.ts';
import { readingScript, writingScript } from './script.ts';
import type { Session } from './session.ts';

/** A try fails only if another change of the key has succeeded. So all tries fail only if this many changes succeed in the meantime. */
const TRIES = 100;
/** The digits of a time in ms since the epoch as part of a place: enough beyond the year 9999. */
const MOMENT_DIGITS = 16;
/** The keys that one script touches: some milliseconds of Redis' time. */
const TOUCHED_AT_ONCE = 500;

/**
 * A record is stored as its place in the order of insertion (keys are never deleted), a space, and JSON without `id` and `lastUsedAt`. The last uses are separate, so that
 * writing them never conflicts with a change.
 */
const FIND = readingScript(`return { redis.call('HGET', KEYS[2], ARGV[3]), redis.call('HGET', KEYS[3], ARGV[3]) }`);
const FIND_MANY = readingScript(`
return { redis.call('HMGET', KEYS[2], unpack(ARGV, 3)), redis.call('HMGET', KEYS[3], unpack(ARGV, 3)) }`);
/** The places of keys are members of one sorted set, all with the same score, which Redis keeps in the order of their bytes. */
const PAGE = readingScript(`
local records, used, order = KEYS[2], KEYS[3], KEYS[5]
if redis.call('ZCARD', order) < redis.call('HLEN', records) then return 'no order' end
local ids = {}
for place, member in ipairs(redis.call('ZRANGE', order, ARGV[3], '+', 'BYLEX', 'LIMIT', 0, ARGV[4])) do
  ids[place] = string.sub(member, ${MOMENT_DIGITS + 1})
end
if #ids == 0 then return { ids, ids, ids } end
return { ids, redis.call('HMGET', records, unpack(ids)), redis.call('HMGET', used, unpack(ids)) }`);

/** Gives places to the keys of a program without an order, some hundred per call; returns the cursor of the next call, 0 at the end. */
const ORDER = writingScript(`
local records, order = KEYS[2], KEYS[5]
local cursor, found = unpack(redis.call('HSCAN', records, ARGV[3], 'COUNT', 200))
for at = 1, #found, 2 do
  local kept = cjson.decode(string.sub(found[at + 1], string.find(found[at + 1], ' ', 1, true) + 1))
  redis.call('ZADD', order, 0, string.format('%0${MOMENT_DIGITS}.0f', kept.createdAt) .. found[at])
end
return cursor`);

const VERSION = readingScript(`return redis.call('GET', KEYS[4]) or ''`);

const USE = `
local records, used, version, order, admins = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local function use(id, moment)
  if (tonumber(moment) or 0) > tonumber(redis.call('HGET', used, id) or 0) then redis.call('HSET', used, id, moment) end
end`;

const INSERT = writingScript(`${USE}
local _, _, id, record, moment, next_version, only_first, place, is_admin = unpack(ARGV)
local known = redis.call('HLEN', records)
if (only_first == '1' and known > 0) or redis.call('HEXISTS', records, id) == 1 then return 0 end
redis.call('HSET', records, id, known .. ' ' .. record)
redis.call('ZADD', order, 0, place)
if is_admin == '1' then redis.call('SADD', admins, id) end
redis.call('SET', version, next_version)
use(id, moment)
return 1
`);

/** Compare and set: returns the present state instead of a number if it differs from the expected one. */
const REPLACE = writingScript(`${USE}
local _, _, id, expected, record, moment, next_version, needs_other = unpack(ARGV)
local present = redis.call('HGET', records, id)
if present ~= expected then return { present, redis.call('HGET', used, id) } end
local function is_active(id)
  local text = redis.call('HGET', records, id)
  local key = text and cjson.decode(string.sub(text, string.find(text, ' ', 1, true) + 1))
  return key and not key.revokedAt and (not key.expiresAt or key.expiresAt > now)
end
if needs_other == '1' then
  local has_other = false
  for _, admin in ipairs(redis.call('SMEMBERS', admins)) do has_other = has_other or (admin ~= id and is_active(admin)) end
  if not has_other then return 'last' end
end
redis.call('HSET', records, id, record)
redis.call('SET', version, next_version)
use(id, moment)
return 1
`);

/** The same for noting a use, which does not change the version. */
const NOTE_USE = writingScript(`
local _, _, id, expected, record = unpack(ARGV)
local present = redis.call('HGET', KEYS[2], id)
if present ~= expected then return { present, '0' } end
redis.call('HSET', KEYS[2], id, record)
return 1
`);

const TOUCH = writingScript(`${USE}
for place = 3, #ARGV, 2 do
  if redis.call('HEXISTS', records, ARGV[place]) == 1 then use(ARGV[place], ARGV[place + 1]) end
end
`);

/** The data of a key in Redis: its record, and its last use. */
type Kept = readonly [record: string | null, lastUsed: string | null];

const KEYS: readonly KeyName[] = [['keys'], ['used'], ['version'], ['order'], ['admins']];

/** Random: a counter would repeat a number after a failover or a backup that undoes changes. */
const nextVersion = (): string => randomBytes(16).toString('hex');

/** The API keys in a session. */
export function createRedisKeys({ run, runAcknowledged }: Session): KeyStore {
  async function insert(key: ApiKeyRecord, onlyFirst: 0 | 1): Promise<boolean> {
    const isAdmin = key.scopes.includes('admin') ? 1 : 0;
    const args = [key.id, textOf(key), key.lastUsedAt ?? 0, nextVersion(), onlyFirst, placeOf(key), isAdmin];
    return (await runAcknowledged(INSERT, KEYS, args)) === 1;
  }

  async function find(id: string): Promise<Kept> {
    return (await run(FIND, KEYS, [id])) as Kept;
  }

  /** Repeats a change until no other process has changed the key between reading and writing. */
  async function swap(
    id: string,
    change: (key: ApiKeyRecord) => ApiKeyRecord,
    replace: Replace,
  ): Promise<ApiKeyRecord | 'last' | undefined> {
    let kept = await find(id);
    for (let left = TRIES; left > 0; left -= 1) {
      const [text] = kept;
      const key = recordOf(id, kept);
      if (text === null || key === undefined) return undefined;
      const changed = { ...change(key), tenant: key.tenant };
      const reply = await replace(text, `${Number.parseInt(text, 10)} ${textOf(changed)}`, changed);
      if (reply === 1) return changed;
      if (reply === 'last') return reply;
      kept = reply as Kept;
    }
    throw new StoreUnavailableError(new Error('one API key is changed by too many at once'));
  }

  async function order(): Promise<void> {
    let cursor = '0';
    do cursor = String(await run(ORDER, KEYS, [cursor]));
    while (cursor !== '0');
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
    async page(after, limit) {
      const from = after === undefined ? '-' : `(${placeOf(after)}`;
      const read = () => run(PAGE, KEYS, [from, limit]) as Promise<'no order' | [string[], Kept[0][], Kept[1][]]>;
      let page = await read();
      for (let left = TRIES; page === 'no order' && left > 0; left -= 1) {
        await order();
        page = await read();
      }
      if (page === 'no order') throw new StoreUnavailableError(new Error('API keys are made by an earlier otpd all the time'));
      const [ids, records, used] = page;
      return ids.flatMap((id, place) => recordOf(id, [records[place] ?? null, used[place] ?? null]) ?? []);
    },
    async insert(key) {
      if (!(await insert(key, 0))) throw new Error('an API key with this id exists');
    },
    insertFirst: (key) => insert(key, 1),
    async update(id, change) {
      const replace: Replace = (text, replaced, key) =>
        runAcknowledged(REPLACE, KEYS, [id, text, replaced, key.lastUsedAt ?? 0, nextVersion(), 0]);
      // Only a change that requires another admin key can return `last`.
      return (await swap(id, change, replace)) as ApiKeyRecord | undefined;
    },
    updateWithOtherAdmin: (id, change, now) =>
      swap(id, change, (text, replaced, key) =>
        runAcknowledged(REPLACE, KEYS, [id, text, replaced, key.lastUsedAt ?? 0, nextVersion(), 1], now),
      ),
    async noteUse(id, digest) {
      const isIt = (secret: ApiKeySecret) => Buffer.compare(secret.digest, digest) === 0;
      const use = (key: ApiKeyRecord) => ({
        ...key,
        secrets: key.secrets.map((secret) => (isIt(secret) ? { ...secret, awaitsUse: false } : secret)),
      });
      await swap(id, use, (text, replaced) => run(NOTE_USE, KEYS, [id, text, replaced]));
    },
    async touch(lastUsed) {
      const uses = [...lastUsed];
      for (let from = 0; from < uses.length; from += TOUCHED_AT_ONCE)
        await run(TOUCH, KEYS, uses.slice(from, from + TOUCHED_AT_ONCE).flat());
    },
  };
}

/** Replaces the first text by the second; resolves to 1, to `last`, or to the text that is stored instead of the first. */
type Replace = (text: string, replaced: string, key: ApiKeyRecord) => Promise<unknown>;

/** A text whose byte order is the order of the places. */
function placeOf({ createdAt, id }: KeyPlace): string {
  return String(createdAt).padStart(MOMENT_DIGITS, '0') + id;
}

/** An `ApiKeyRecord` as JSON: digests in base64, without undefined members. */
interface KeptRecord {
  readonly name: string;
  readonly plan: string;
  /** Undefined in a record of a program without tenants. */
  readonly tenant?: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  readonly secrets: readonly {
    readonly digest: string;
    readonly createdAt: number;
    readonly expiresAt?: number;
    /** True or undefined. */
    readonly awaitsUse?: boolean;
  }[];
}

function textOf({ name, plan, tenant, scopes, createdAt, expiresAt, revokedAt, secrets }: ApiKeyRecord): string {
  const kept = secrets.map((secret) => ({
    ...secret,
    digest: Buffer.from(secret.digest).toString('base64'),
    awaitsUse: secret.awaitsUse || undefined,
  }));
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
      awaitsUse: secret.awaitsUse === true,
    })),
  };
}
