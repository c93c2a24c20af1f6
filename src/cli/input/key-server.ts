/** The administration of API keys by a server. */

import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { durationFromMs, timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { type AdminClient, type ApiKey, OtpError } from '../../../clients/typescript/src/index.ts';
import { knownScopes } from '../../ports/store.ts';
import type { Io } from '../io.ts';
import { type ServerFlags, withAdminClient } from './admin-server.ts';
import { type KeyAdmin, type NewSecret, type ShownKey, unknownKey } from './key-admin.ts';

const PAGE_SIZE = 1000;

/** Runs `use` with the administration by a server. */
export function withServer<T>(
  io: Io,
  flags: ServerFlags & { readonly server: string },
  use: (admin: KeyAdmin) => Promise<T>,
): Promise<T> {
  return withAdminClient(io, flags, (client) => use(createServerAdmin(client)));
}

function createServerAdmin(client: AdminClient): KeyAdmin {
  return {
    async create({ name, plan, tenant, scopes, expiresAt }) {
      const expireTime = expiresAt === undefined ? {} : { expireTime: timestampFromMs(expiresAt) };
      const apiKey = { displayName: name, plan: `plans/${plan}`, tenant: tenant ?? '', scopes: [...scopes], ...expireTime };
      return newSecret(await client.createApiKey({ apiKey }));
    },
    async *list() {
      let pageToken = '';
      do {
        const page = await client.listApiKeys({ pageSize: PAGE_SIZE, pageToken, showInactive: true });
        yield* page.apiKeys.map(shown);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
    },
    find: (id) => ofId(async () => shown((await client.getApiKey({ name: `apiKeys/${id}` })).apiKey)),
    rotate: (id, graceMs) =>
      ofId(async () => newSecret(await client.rotateApiKey({ name: `apiKeys/${id}`, grace: durationFromMs(graceMs) }))),
    revoke: (id) =>
      ofId(async () => {
        const name = `apiKeys/${id}`;
        const isNews = (await client.getApiKey({ name })).apiKey?.revokeTime === undefined;
        return { key: shown((await client.revokeApiKey({ name })).apiKey), isNews };
      }),
  };
}

/** Reports an id that is unknown, or not an id at all, in the words of the commands on the store. */
async function ofId<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const isOfName =
      error instanceof OtpError && error.fieldViolations.some(({ description }) => description.startsWith('required: apiKeys/'));
    if (error instanceof OtpError && (isOfName || error.reason === 'ERROR_REASON_API_KEY_NOT_FOUND')) throw unknownKey();
    throw error;
  }
}

function newSecret({ apiKey, secret }: { readonly apiKey?: ApiKey | undefined; readonly secret: string }): NewSecret {
  return { apiKey: secret, key: shown(apiKey) };
}

function shown(key: ApiKey | undefined): ShownKey {
  if (key === undefined) throw new Error('an answer without its key');
  return {
    id: key.name.replace(/^apiKeys\//, ''),
    name: key.displayName,
    plan: key.plan.replace(/^plans\//, ''),
    tenant: key.tenant,
    scopes: knownScopes(key.scopes),
    createdAt: inMs(key.createTime) ?? 0,
    expiresAt: inMs(key.expireTime),
    revokedAt: inMs(key.revokeTime),
    lastUsedAt: inMs(key.lastUseTime),
  };
}

function inMs(time: Timestamp | undefined): number | undefined {
  return time && timestampMs(time);
}
