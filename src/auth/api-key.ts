/** The lifecycle of an API key: issued, rotated, expired, revoked. */

import { isPlanName } from '../limits/plans.ts';
import { invalid, Violations } from '../otp/error.ts';
import { DEFAULT_TENANT, SCOPES, type Scope } from '../ports/principal.ts';
import type { ApiKeyRecord, ApiKeySecret } from '../ports/store.ts';
import { digestOf, randomApiKey, randomId } from './api-key-format.ts';

export { hasChecksum, type ParsedApiKey, parseApiKey } from './api-key-format.ts';

/** Printable: no control, format (including bidirectional overrides) or separator characters, and no space at either end. */
const NAME = /^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,100}(?<! )$/u;
/** A DNS label: short enough for the length byte in a sealed blob, and without letters that look alike. */
const TENANT = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** A rotated key has its new secret and the previous one. */
const LIVE_SECRETS = 2;
/** The longest grace period of a rotation. */
export const MAX_GRACE_MS: number = 365 * 86_400_000;

/** An operator's choices for a new API key. */
export interface NewApiKey {
  /** A name for people, 1 to 100 printable characters. */
  readonly name: string;
  /** The name of a plan; the caller checks whether it is configured. */
  readonly plan: string;
  /** The tenant whose sealed keys the API key opens, a DNS label, for the life of the API key. Undefined: `DEFAULT_TENANT`. */
  readonly tenant?: string | undefined;
  /** At least one. */
  readonly scopes: readonly Scope[];
  /** In ms since the epoch, later than now. Undefined: never. */
  readonly expiresAt?: number | undefined;
}

/** A new API key, together with its secret, which is known only now. */
export interface IssuedApiKey {
  /** Show it once, and do not store it. */
  readonly apiKey: string;
  /** The record to store. */
  readonly record: ApiKeyRecord;
}

/** Whether an API key may be used, and if not, why. */
export type ApiKeyStatus = 'active' | 'expired' | 'revoked';

/** Makes a new API key at `now`, in ms since the epoch. Throws `InvalidInputError` with every violation. */
export function issueApiKey(input: NewApiKey, now: number): IssuedApiKey {
  checkNewApiKey(input, now);
  const id = randomId();
  const apiKey = randomApiKey(id);
  return {
    apiKey,
    record: {
      id,
      name: input.name,
      plan: input.plan,
      tenant: input.tenant ?? DEFAULT_TENANT,
      scopes: SCOPES.filter((scope) => input.scopes.includes(scope)),
      createdAt: now,
      expiresAt: input.expiresAt,
      revokedAt: undefined,
      lastUsedAt: undefined,
      secrets: [newSecret(apiKey, now, false)],
    },
  };
}

/**
 * Gives a key a new secret. The previous secret works for another `graceMs`, 0 to 365 days; earlier secrets end at once. If the newest secret was
 * never used, its answer was lost: the rotation replaces it, and the secret that callers use works for the grace period. Throws `InvalidInputError`
 * for a grace period out of bounds, and for a key that is revoked or expired.
 */
export function rotateApiKey(record: ApiKeyRecord, graceMs: number, now: number): IssuedApiKey {
  if (!Number.isInteger(graceMs) || graceMs < 0 || graceMs > MAX_GRACE_MS) throw invalid('grace', 'must be 0 to 365 days');
  const status = apiKeyStatus(record, now);
  if (status !== 'active') throw invalid('id', `names an API key that is ${status}; create a new one instead`);
  const apiKey = randomApiKey(record.id);
  // Without a grace period the old secret is removed: if it were kept with an expiry of now, a clock that steps back would revive it.
  const used = record.secrets.filter(({ awaitsUse }) => !awaitsUse);
  const previous = graceMs === 0 ? [] : used.slice(0, LIVE_SECRETS - 1);
  const ending = previous.map((secret) => ({ ...secret, expiresAt: Math.min(secret.expiresAt ?? Infinity, now + graceMs) }));
  return { apiKey, record: { ...record, secrets: [newSecret(apiKey, now, true), ...ending] } };
}

/** Revokes a key for ever; the time of the first revocation stays. */
export function revokeApiKey(record: ApiKeyRecord, now: number): ApiKeyRecord {
  return record.revokedAt === undefined ? { ...record, revokedAt: now } : record;
}

/** The status of a key at `now`. A revoked key is revoked whatever the clock says. */
export function apiKeyStatus(record: Pick<ApiKeyRecord, 'revokedAt' | 'expiresAt'>, now: number): ApiKeyStatus {
  if (record.revokedAt !== undefined) return 'revoked';
  return hasEnded(record.expiresAt, now) ? 'expired' : 'active';
}

function hasEnded(expiresAt: number | undefined, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

function newSecret(apiKey: string, now: number, awaitsUse: boolean): ApiKeySecret {
  return { digest: digestOf(apiKey), createdAt: now, expiresAt: undefined, awaitsUse };
}

/** Throws `InvalidInputError` with every violation of a new key. */
export function checkNewApiKey({ name, plan, tenant, scopes, expiresAt }: NewApiKey, now: number): void {
  const violations = new Violations();
  if (!NAME.test(name)) violations.add('name', 'must be 1 to 100 printable characters without a space at either end');
  if (!isPlanName(plan)) violations.add('plan', 'must be the name of a plan');
  if (tenant !== undefined && !TENANT.test(tenant))
    violations.add('tenant', 'must be 1 to 63 of a-z, 0-9 and dashes, without a dash at either end');
  if (scopes.length === 0 || scopes.some((scope) => !SCOPES.includes(scope)))
    violations.add('scopes', `must be one or more of ${SCOPES.join(', ')}`);
  if (expiresAt !== undefined && !(Number.isSafeInteger(expiresAt) && expiresAt > now))
    violations.add('expires_at', 'must be a moment in the future');
  violations.throwIfAny();
}
