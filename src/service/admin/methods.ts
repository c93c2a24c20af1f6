/** The methods of `otp.admin.v1.AdminService`, which all need the scope `admin`. */
import { AdminService } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import type { Method } from '../../rpc/method.ts';
import type { UsagePorts } from '../get-usage.ts';
import { unary } from '../methods.ts';
import type { ApiKeyPorts } from './api-key.ts';
import { createGetApiKeyUsage } from './api-key-usage.ts';
import type { AttemptsPorts } from './attempts-subject.ts';
import { createRevokeApiKey, createRotateApiKey } from './change-api-key.ts';
import { createListPlans, createListSealingKeys, type SealingKeyInfo } from './configuration.ts';
import { createCreateApiKey } from './create-api-key.ts';
import { createGetAttempts } from './get-attempts.ts';
import { createGetApiKey, createListApiKeys } from './list-api-keys.ts';
import { createPageTokens } from './page-token.ts';
import { createGetServerStatus, type StatusPorts } from './server-status.ts';
import { createUnlockAttempts } from './unlock-attempts.ts';

/** The dependencies of the administration. */
export interface AdminPorts extends ApiKeyPorts, AttemptsPorts, UsagePorts, StatusPorts {
  /** The sealing keys, oldest first. */
  readonly sealingKeys: () => readonly SealingKeyInfo[];
}

/** All methods of the administration. */
export function adminMethods(ports: AdminPorts): readonly Method[] {
  const { method } = AdminService;
  const scope = 'admin';
  const tokens = createPageTokens(ports.fingerprints.keyFor('page-token'));
  return [
    unary({ descriptor: method.createApiKey, scope, handle: createCreateApiKey(ports) }),
    unary({ descriptor: method.getApiKey, scope, handle: createGetApiKey(ports) }),
    unary({ descriptor: method.listApiKeys, scope, handle: createListApiKeys(ports, tokens) }),
    unary({ descriptor: method.rotateApiKey, scope, handle: createRotateApiKey(ports) }),
    unary({ descriptor: method.revokeApiKey, scope, handle: createRevokeApiKey(ports) }),
    unary({ descriptor: method.getApiKeyUsage, scope, handle: createGetApiKeyUsage(ports) }),
    unary({ descriptor: method.listPlans, scope, handle: createListPlans(ports.plans) }),
    unary({ descriptor: method.listSealingKeys, scope, handle: createListSealingKeys(ports.sealingKeys) }),
    unary({ descriptor: method.getServerStatus, scope, handle: createGetServerStatus(ports) }),
    unary({ descriptor: method.getAttempts, scope, handle: createGetAttempts(ports) }),
    unary({ descriptor: method.unlockAttempts, scope, handle: createUnlockAttempts(ports) }),
  ];
}
