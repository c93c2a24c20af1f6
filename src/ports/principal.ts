/** Who is calling: what authentication hands to everything behind it. */

/** What a key has unless told otherwise. A scope that is added later is no part of it: keys are made by scripts that do not know it. */
export const CALLER_SCOPES = ['generate', 'token', 'verify'] as const;
/** What a key has only where the scope is named. */
export const ADMIN_SCOPES = [] as const;

/** What an API key may be used for; each method needs one. */
export type Scope = (typeof CALLER_SCOPES)[number] | (typeof ADMIN_SCOPES)[number];
/** All of them, to read scopes by and never to grant. */
export const SCOPES: readonly Scope[] = [...CALLER_SCOPES, ...ADMIN_SCOPES];

/** The authenticated caller. */
export interface Principal {
  /** The id of the API key: public, safe to log. */
  readonly keyId: string;
  /** The name of the plan whose limits hold. */
  readonly plan: string;
  readonly scopes: ReadonlySet<Scope>;
}
