/** Who is calling: what authentication hands to everything behind it. */

/** What an API key may be used for; each method needs one. */
export const SCOPES = ['generate', 'token', 'verify'] as const;
export type Scope = (typeof SCOPES)[number];

/** The authenticated caller. */
export interface Principal {
  /** The id of the API key: public, safe to log. */
  readonly keyId: string;
  /** The name of the plan whose limits hold. */
  readonly plan: string;
  readonly scopes: ReadonlySet<Scope>;
}
