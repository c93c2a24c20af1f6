/** The administration of API keys for the commands, on a store or through a server. */
import type { NewApiKey } from '../../auth/api-key.ts';
import type { ApiKeyRecord } from '../../ports/store.ts';
import { usageError } from '../output/failure.ts';

/** A key as the commands show it; a server does not return its secrets. */
export type ShownKey = Omit<ApiKeyRecord, 'secrets'> & Partial<Pick<ApiKeyRecord, 'secrets'>>;

/** A key with its new secret, which is known only now. */
export interface NewSecret {
  readonly apiKey: string;
  readonly key: ShownKey;
}

export interface KeyAdmin {
  create(input: NewApiKey): Promise<NewSecret>;
  /** All keys, oldest first. */
  list(): AsyncIterable<ShownKey>;
  find(id: string): Promise<ShownKey>;
  rotate(id: string, graceMs: number): Promise<NewSecret>;
  /** `isNews` is false if the key is known to have been revoked before. */
  revoke(id: string): Promise<{ readonly key: ShownKey; readonly isNews: boolean }>;
}

/** The error does not repeat the id: the user may have given the API key itself. */
export function unknownKey(): Error {
  return usageError('there is no API key with this id: `otpd keys list` shows them; the id is the part after otpd_');
}
