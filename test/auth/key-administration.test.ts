/** The administration of API keys on a store, as at the command line: without a caller, who would be another administrator. */
import { describe, expect, it } from 'vitest';
import { createKeyAdministration, etagOf } from '../../src/auth/key-administration.ts';
import type { Rejection } from '../../src/ports/rejection.ts';
import type { ApiKeyRecord, ApiKeySecret, KeyPlace } from '../../src/ports/store.ts';
import { createMemoryStore } from '../support/memory-store.ts';
import { HOUR, issue, START } from './fixtures.ts';

const change = (now = START) => ({ actor: { operator: 'root' }, now });

it('the last administrator stays, but one that has ended may be revoked', async () => {
  const { keys } = createMemoryStore();
  const { create, revoke } = createKeyAdministration(keys, () => undefined);
  const { record } = await create({ name: 'admin', plan: 'unlimited', scopes: ['admin'], expiresAt: START + HOUR }, change());
  await expect(revoke(record.id, change())).rejects.toMatchObject({ reason: 'last_admin_key' } satisfies Partial<Rejection>);
  expect((await revoke(record.id, change(START + HOUR))).record.revokedAt).toBe(START + HOUR);
});

it('the etag of a key is 132 bits of a digest', () => {
  const record = { ...issue().record, id: 'id', secrets: [] };
  expect(etagOf(record)).toBe(etagOf({ ...record, lastUsedAt: START }));
  expect(etagOf(record)).toMatch(/^[\w-]{22}$/);
});

it('the etag of a key is another after any change', () => {
  const { record } = issue();
  const [secret] = record.secrets as [ApiKeySecret];
  const changes: Partial<ApiKeyRecord>[] = [
    { name: 'another' },
    { plan: 'another' },
    { scopes: ['admin'] },
    { expiresAt: START + HOUR },
    { revokedAt: START + HOUR },
    { secrets: [] },
    { secrets: [{ ...secret, digest: Buffer.alloc(32) }] },
    { secrets: [{ ...secret, expiresAt: START + HOUR }] },
  ];
  const etags = [{}, ...changes].map((one) => etagOf({ ...record, ...one }));
  expect(new Set(etags).size).toBe(etags.length);
});

describe('a page', () => {
  /** Makes a store with keys that are a millisecond apart. `hasEnded` chooses the keys that have ended an hour later. */
  async function pagesOf(count: number, hasEnded: (place: number) => boolean) {
    const { keys } = createMemoryStore();
    const ids: string[] = [];
    for (let place = 0; place < count; place += 1) {
      const { record } = issue(hasEnded(place) ? { expiresAt: START + HOUR } : {}, START + place);
      await keys.insert(record);
      ids.push(record.id);
    }
    const { page } = createKeyAdministration(keys, () => undefined);
    /** Returns the ids on all pages of this size, and the number of pages. */
    const readAll = async (size: number, activeAt?: number) => {
      const read: string[] = [];
      let place: KeyPlace | undefined;
      for (let pages = 1; ; pages += 1) {
        const { keys: found, next } = await page(place, size, activeAt);
        read.push(...found.map(({ id }) => id));
        if (next === undefined) return { read, pages };
        place = next;
      }
    };
    return { ids, readAll, page };
  }

  it.each([
    [1, 250],
    [99, 3],
    [100, 3],
    [125, 2],
    [249, 2],
    [250, 1],
    [1000, 1],
  ])('of %i keys goes on where the one before ended: %i pages have all 250', async (size, pages) => {
    const { ids, readAll } = await pagesOf(250, () => false);
    expect(await readAll(size)).toEqual({ read: ids, pages });
  });

  it('of the active keys leaves the others out, however many of them lie between', async () => {
    const { ids, readAll } = await pagesOf(450, (place) => place % 150 !== 149);
    const active = ids.filter((_, place) => place % 150 === 149);
    for (const size of [1, 2, 1000]) expect((await readAll(size, START + HOUR)).read).toEqual(active);
    expect((await readAll(1000, START + HOUR - 1)).read).toEqual(ids);
  });

  it('examines a few thousand keys at most, and says where to continue', async () => {
    const { ids, page } = await pagesOf(5101, (place) => place < 5100);
    const first = await page(undefined, 1000, START + HOUR);
    expect([first.keys, first.next?.id]).toEqual([[], ids[4999]]);
    const second = await page(first.next, 1000, START + HOUR);
    expect([second.keys.map(({ id }) => id), second.next]).toEqual([[ids[5100]], undefined]);
  });
});
