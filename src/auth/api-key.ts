/** The life of an API key: issued, rotated, expired, revoked. */

import { isPlanName } from '../limits/plans.ts';
import { invalid, Violations } from '../otp/error.ts';
import { DEFAULT_TENANT, SCOPES, type Scope } from '../ports/principal.ts';
import type { ApiKeyRecord, ApiKeySecret } from '../ports/store.ts';
import { digestOf, randomApiKey, randomId } from './api-key-format.ts';

export { hasChecksum, type ParsedApiKey, parseApiKey } from './api-key-format.ts';

/** Printable: no control, format (bidirectional overrides among them), or separator characters, and no space at either end. */
const NAME = /^(?! )[^\p{C}\p{Zl}\p{Zp}]{1,100}(?<! )$/u;
/** A label as in DNS: short enough for the length byte of what is sealed, and the same to look at in every script. */
const TENANT = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** A rotated key has its new secret and the one before. */
const LIVE_SECRETS = 2;
/** The longest grace of a rotation. */
export const MAX_GRACE_MS: number = 365 * 86_400_000;

/** An operator's choices for a new API key. */
export interface NewApiKey {
  /** For people, 1 to 100 printable characters. */
  readonly name: string;
  /** The name of a plan; whether it is configured is for the caller to check. */
  readonly plan: string;
  /** Whose sealed keys it opens, by the form of a DNS label, for as long as the key lives. Undefined: `DEFAULT_TENANT`. */
  readonly tenant?: string | undefined;
  /** At least one. */
  readonly scopes: readonly Scope[];
  /** In ms since the epoch, later than now. Undefined: never. */
  readonly expiresAt?: number | undefined;
}

/** An API key in the only moment in which it is known. */
export interface IssuedApiKey {
  /** To be shown once and kept nowhere. */
  readonly apiKey: string;
  /** To be stored. */
  readonly record: ApiKeyRecord;
}

/** Whether an API key may be used, and if not, why. */
export type ApiKeyStatus = 'active' | 'expired' | 'revoked';

/** Makes a new API key; `now` in ms since the epoch. Throws `InvalidInputError` with every violation. */
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
 * Gives a key a new secret; the one before goes on working for `graceMs`, 0 to 365 days, and any earlier one ends at once. A secret of a rotation
 * that nobody has used is not the one before: it was lost with its answer, and goes, so that the secret that callers use keeps its grace.
 * Throws `InvalidInputError` for a grace out of bounds and for a key that is revoked or expired.
 */
export function rotateApiKey(record: ApiKeyRecord, graceMs: number, now: number): IssuedApiKey {
  if (!Number.isInteger(graceMs) || graceMs < 0 || graceMs > MAX_GRACE_MS) throw invalid('grace', 'must be 0 to 365 days');
  const status = apiKeyStatus(record, now);
  if (status !== 'active') throw invalid('id', `names an API key that is ${status}; create a new one instead`);
  const apiKey = randomApiKey(record.id);
  // Without a grace the old secret goes altogether: kept with an expiry of now, a clock stepping back would revive it.
  const used = record.secrets.filter(({ awaitsUse }) => !awaitsUse);
  const previous = graceMs === 0 ? [] : used.slice(0, LIVE_SECRETS - 1);
  const ending = previous.map((secret) => ({ ...secret, expiresAt: Math.min(secret.expiresAt ?? Infinity, now + graceMs) }));
  return { apiKey, record: { ...record, secrets: [newSecret(apiKey, now, true), ...ending] } };
}

/** Ends a key for good; the moment of the first revocation stays. */
export function revokeApiKey(record: ApiKeyRecord, now: number): ApiKeyRecord {
  return record.revokedAt === undefined ? { ...record, revokedAt: now } : record;
}

/** How a key stands at `now`. Revoked counts whatever the clock says. */
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
