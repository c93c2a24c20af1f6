/** The caller, as authentication passes it to all later steps. */

/** The default scopes of an API key. Scopes that are added later are not default scopes, since existing scripts create keys without naming scopes. */
export const CALLER_SCOPES = ['generate', 'token', 'verify'] as const;
/** Scopes that a key has only if they are named: they allow callers to seal keys, to turn sealed keys into codes and secrets, and to administer the server. */
export const NAMED_SCOPES = ['seal', 'export', 'admin'] as const;

/** A use that an API key may be allowed; each method requires one scope. */
export type Scope = (typeof CALLER_SCOPES)[number] | (typeof NAMED_SCOPES)[number];
/** All scopes, for parsing; never grant this list. */
export const SCOPES: readonly Scope[] = [...CALLER_SCOPES, ...NAMED_SCOPES];

/** The authenticated caller. */
export interface Principal {
  /** The id of the API key: public, safe to log. */
  readonly keyId: string;
  /** The name of the plan whose limits apply. */
  readonly plan: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The tenant whose sealed keys the caller can open: fixed when the API key is made, and never read from a request. */
  readonly tenant: string;
}

/** The tenant of API keys that are made without one. */
export const DEFAULT_TENANT = 'default';
