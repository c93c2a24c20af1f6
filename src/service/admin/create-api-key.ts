/** CreateApiKey: makes an API key. Only this answer has its secret. */
import { create } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import {
  type CreateApiKeyRequest,
  type CreateApiKeyResponse,
  CreateApiKeyResponseSchema,
} from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { checkNewApiKey } from '../../auth/api-key.ts';
import type { Plans } from '../../limits/plans.ts';
import { type FieldViolation, invalid, restating, Violations } from '../../otp/error.ts';
import type { Scope } from '../../ports/principal.ts';
import type { CallContext } from '../../rpc/context.ts';
import { readMoment } from '../numbers.ts';
import { type ApiKeyPorts, apiKeyMessage, changeOf } from './api-key.ts';

/** The fields of a new key, by their names in the rules of keys. */
const FIELDS: Readonly<Record<string, string>> = {
  name: 'api_key.display_name',
  plan: 'api_key.plan',
  tenant: 'api_key.tenant',
  scopes: 'api_key.scopes',
  expires_at: 'api_key.expire_time',
};

const ofRequest = ({ field, description }: FieldViolation): FieldViolation => ({ field: FIELDS[field] ?? field, description });

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
      // `scopes` may hold any text; an unknown scope is refused here.
      scopes: given.scopes as Scope[],
      expiresAt,
    };
    violations.collect('', () => restating(ofRequest, () => checkNewApiKey(input, change.now)));
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
  const ms = readMoment(time);
  if (ms === undefined) throw invalid(field, 'out of range: up to 9999-12-31T23:59:59Z');
  return ms;
}
