/** API keys in the requests and answers of the administration. */
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type ApiKey, ApiKeySchema } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { etagOf, type KeyAdministration, type KeyChange, nameOf } from '../../auth/key-administration.ts';
import { invalid } from '../../otp/error.ts';
import type { Principal } from '../../ports/principal.ts';
import { Rejection } from '../../ports/rejection.ts';
import type { ApiKeyRecord } from '../../ports/store.ts';
import type { CallContext } from '../../rpc/context.ts';

/** The dependencies of the calls on API keys. */
export interface ApiKeyPorts {
  readonly keys: KeyAdministration;
  /** Whether the caller's key was read since the store last lost its state. */
  readonly knows: (principal: Principal) => boolean;
}

/** The id in a resource name, which is required. An error does not repeat the text, since it may be an API key, given by mistake. */
export function readName(name: string): string {
  const [, id] = /^apiKeys\/([0-9A-Za-z]{12})$/.exec(name) ?? [];
  if (id === undefined) throw invalid('name', 'required: apiKeys/{id}, as ListApiKeys shows it');
  return id;
}

/** A change by the caller. Throws `Rejection` (`store_unavailable`) if its API key was read from a store that has since lost its state. */
export function changeOf({ knows }: ApiKeyPorts, context: CallContext, etag?: string): KeyChange {
  const { principal, requestId, call } = context;
  if (!knows(principal)) throw new Rejection('store_unavailable');
  const origin = { requestId, transport: call.transport };
  return { actor: { keyId: principal.keyId }, origin, now: context.now(), etag };
}

/** The key without its secrets. */
export function apiKeyMessage(record: ApiKeyRecord): ApiKey {
  const { id, name, plan, tenant, scopes, createdAt, expiresAt, revokedAt, lastUsedAt } = record;
  return create(ApiKeySchema, {
    name: nameOf(id),
    displayName: name,
    plan: `plans/${plan}`,
    tenant,
    scopes: [...scopes],
    createTime: timestampFromMs(createdAt),
    ...(expiresAt !== undefined && { expireTime: timestampFromMs(expiresAt) }),
    ...(revokedAt !== undefined && { revokeTime: timestampFromMs(revokedAt) }),
    ...(lastUsedAt !== undefined && { lastUseTime: timestampFromMs(lastUsedAt) }),
    etag: etagOf(record),
  });
}
