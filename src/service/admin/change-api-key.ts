/** RotateApiKey and RevokeApiKey. */
import { create } from '@bufbuild/protobuf';
import type { Duration } from '@bufbuild/protobuf/wkt';
import {
  type RevokeApiKeyRequest,
  type RevokeApiKeyResponse,
  RevokeApiKeyResponseSchema,
  type RotateApiKeyRequest,
  type RotateApiKeyResponse,
  RotateApiKeyResponseSchema,
} from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { MAX_GRACE_MS } from '../../auth/api-key.ts';
import { invalid, restated, Violations } from '../../otp/error.ts';
import type { CallContext } from '../../rpc/context.ts';
import { type ApiKeyPorts, apiKeyMessage, changeOf, readName } from './api-key.ts';

/** Makes the handler of RotateApiKey. */
export function createRotateApiKey(
  ports: ApiKeyPorts,
): (request: RotateApiKeyRequest, context: CallContext) => Promise<RotateApiKeyResponse> {
  return async ({ name, grace, etag }, context) => {
    const violations = new Violations();
    const id = violations.collect('', readName, name);
    const graceMs = violations.collect('', readGrace, grace);
    violations.throwIfAny();
    if (id === undefined || graceMs === undefined) throw new Error('a request without violations is complete');
    const { apiKey: secret, record } = await ports.keys
      .rotate(id, graceMs, changeOf(ports, context, etag))
      .catch((error: unknown) => {
        // The rules of keys name an id, requests have a resource name.
        throw restated(error, ({ field, description }) => ({ field: field === 'id' ? 'name' : field, description }));
      });
    return create(RotateApiKeyResponseSchema, { apiKey: apiKeyMessage(record), secret });
  };
}

/** Makes the handler of RevokeApiKey. */
export function createRevokeApiKey(
  ports: ApiKeyPorts,
): (request: RevokeApiKeyRequest, context: CallContext) => Promise<RevokeApiKeyResponse> {
  return async ({ name, etag }, context) => {
    const { record } = await ports.keys.revoke(readName(name), changeOf(ports, context, etag));
    return create(RevokeApiKeyResponseSchema, { apiKey: apiKeyMessage(record) });
  };
}

/** In ms, rounded down. */
function readGrace(grace: Duration | undefined): number {
  if (grace === undefined) return 0;
  const ms = Number(grace.seconds) * 1000 + Math.floor(grace.nanos / 1_000_000);
  if (Math.abs(grace.nanos) > 999_999_999 || ms < 0 || ms > MAX_GRACE_MS) throw invalid('grace', 'must be 0 to 365 days');
  return ms;
}
