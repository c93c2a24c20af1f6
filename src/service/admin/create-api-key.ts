/** CreateApiKey: makes an API key, whose secret is in this answer alone. */
import { create } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import {
  type CreateApiKeyRequest,
  type CreateApiKeyResponse,
  CreateApiKeyResponseSchema,
} from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { checkNewApiKey } from '../../auth/api-key.ts';
import type { Plans } from '../../limits/plans.ts';
import { InvalidInputError, invalid, Violations } from '../../otp/error.ts';
import type { Scope } from '../../ports/principal.ts';
import type { CallContext } from '../../rpc/context.ts';
import { LAST_MS } from '../token-message.ts';
import { type ApiKeyPorts, apiKeyMessage, changeOf } from './api-key.ts';

/** The fields of a new key, by the names that the rules of keys have for them. */
const FIELDS: Readonly<Record<string, string>> = {
  name: 'api_key.display_name',
  plan: 'api_key.plan',
  tenant: 'api_key.tenant',
  scopes: 'api_key.scopes',
  expires_at: 'api_key.expire_time',
};

/** Makes the handler. */
export function createCreateApiKey(
  ports: ApiKeyPorts & { readonly plans: () => Plans },
): (request: CreateApiKeyRequest, context: CallContext) => Promise<CreateApiKeyResponse> {
  return async ({ apiKey: given }, context) => {
    if (given === undefined) throw invalid('api_key', 'required: set its display_name, plan and scopes');
    const change = changeOf(ports, context);
    const violations = new Violations();
    const plan = violations.collect('api_key.', readPlan, given.plan, ports.plans());
    const expiresAt = violations.collect('api_key.', readTime, 'expire_time', given.expireTime);
    const input = {
      name: given.displayName,
      plan: plan ?? 'unknown',
      tenant: given.tenant === '' ? undefined : given.tenant,
      // A text that is no scope is refused here.
      scopes: given.scopes as Scope[],
      expiresAt,
    };
    violations.collect('', () => renamed(() => checkNewApiKey(input, change.now)));
    violations.throwIfAny();
    const { apiKey: secret, record } = await ports.keys.create(input, change);
    return create(CreateApiKeyResponseSchema, { apiKey: apiKeyMessage(record), secret });
  };
}

function readPlan(name: string, plans: Plans): string {
  const [, id = ''] = /^plans\/(.{1,32})$/.exec(name) ?? [];
  if (!plans.has(id)) throw invalid('plan', 'required: plans/{id} of a plan, as ListPlans shows it');
  return id;
}

/** In ms since the epoch, rounded down; undefined if unset. */
function readTime(field: string, time: Timestamp | undefined): number | undefined {
  if (time === undefined) return undefined;
  const ms = Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000);
  if (time.nanos < 0 || time.nanos > 999_999_999 || ms < 0 || ms > LAST_MS) {
    throw invalid(field, 'out of range: up to 9999-12-31T23:59:59Z');
  }
  return ms;
}

function renamed(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(
      error.violations.map(({ field, description }) => ({ field: FIELDS[field] ?? field, description })),
    );
  }
}
