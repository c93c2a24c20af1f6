/** The administration of API keys as the commands see it, wherever the keys are. */
import type { NewApiKey } from '../../auth/api-key.ts';
import type { ApiKeyRecord } from '../../ports/store.ts';
import { usageError } from '../output/failure.ts';

/** A key as the commands show it; a server does not tell when an old secret ends. */
export type ShownKey = Omit<ApiKeyRecord, 'secrets'> & Partial<Pick<ApiKeyRecord, 'secrets'>>;

/** A key with its secret, which is known in this moment alone. */
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
  /** `isNews`: whether it was not revoked already, as far as that is known. */
  revoke(id: string): Promise<{ readonly key: ShownKey; readonly isNews: boolean }>;
}

/** The id is not repeated: a user may have given the API key itself by mistake. */
export function unknownKey(): Error {
  return usageError('there is no API key with this id: `otpd keys list` shows them; the id is the part after otpd_');
}
