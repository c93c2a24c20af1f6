/** Returns all API keys of a store, oldest first. */
import { eachKey } from '../../src/auth/key-administration.ts';
import type { ApiKeyRecord, KeyStore } from '../../src/ports/store.ts';

export async function allKeys(keys: Pick<KeyStore, 'page'>): Promise<ApiKeyRecord[]> {
  const found: ApiKeyRecord[] = [];
  for await (const key of eachKey(keys)) found.push(key);
  return found;
}
