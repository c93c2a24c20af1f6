/** A second process on the same file or Redis, like `otpd keys` beside a running server. It carries out the orders of the test. */
import { issueApiKey, revokeApiKey, rotateApiKey } from '../../src/auth/api-key.ts';
import { openRedisStore } from '../../src/store/redis/store.ts';
import { allKeys } from '../support/all-keys.ts';
import { openPatientStore } from '../support/patient-store.ts';

export interface Order {
  /** The path of a database, or the URL of a Redis. */
  readonly file: string;
  readonly do: 'create' | 'create first' | 'rotate' | 'revoke' | 'list' | 'leave';
  readonly id?: string;
}

export interface Answer {
  readonly apiKey: string;
  readonly id: string;
  readonly ids: string[];
}

async function carryOut({ file, do: what, id = '' }: Order): Promise<Answer> {
  const isRedis = file.startsWith('redis://');
  const store = isRedis ? await openRedisStore({ url: file, onWarning: () => undefined }) : openPatientStore(file);
  const now = Date.now();
  const issued = issueApiKey({ name: 'other process', plan: 'free', scopes: ['token'] }, now);
  const answer = { apiKey: issued.apiKey, id: issued.record.id, ids: [] as string[] };
  if (what === 'create') await store.keys.insert(issued.record);
  if (what === 'create first' && (await store.keys.insertFirst(issued.record))) answer.ids.push(issued.record.id);
  if (what === 'revoke') await store.keys.update(id, (key) => revokeApiKey(key, now));
  if (what === 'rotate')
    await store.keys.update(id, (key) => {
      const rotated = rotateApiKey(key, 60_000, now);
      answer.apiKey = rotated.apiKey;
      return rotated.record;
    });
  if (what === 'list') answer.ids.push(...(await allKeys(store.keys)).map((key) => key.id).sort());
  await store.close();
  return answer;
}

process.on('message', (order: Order) => {
  if (order.do === 'leave') process.disconnect?.();
  else void carryOut(order).then((answer) => process.send?.(answer));
});
process.send?.('ready');
