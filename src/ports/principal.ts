/** The caller, as authentication hands it to all later steps. */

/** Scopes of a key by default. A scope that is added later is not among them: scripts that do not know it make keys. */
export const CALLER_SCOPES = ['generate', 'token', 'verify'] as const;
/** Scopes that a key has only if they are named: with them blobs are made, or turned into codes and secrets, and the server is administered. */
export const NAMED_SCOPES = ['seal', 'export', 'admin'] as const;

/** A use that an API key may be allowed; each method needs one. */
export type Scope = (typeof CALLER_SCOPES)[number] | (typeof NAMED_SCOPES)[number];
/** All of them, to read scopes by and never to grant. */
export const SCOPES: readonly Scope[] = [...CALLER_SCOPES, ...NAMED_SCOPES];

/** The authenticated caller. */
export interface Principal {
  /** The id of the API key: public, safe to log. */
  readonly keyId: string;
  /** The name of the plan whose limits hold. */
  readonly plan: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Whose sealed keys the caller can open: fixed when its API key was made, and never taken from a request. */
  readonly tenant: string;
}

/** The tenant of API keys that were made without one. */
export const DEFAULT_TENANT = 'default';
