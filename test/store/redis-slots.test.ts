/** Slots and names of keys in a Cluster: the slots that Redis computes, one slot for all keys of a script, and an even spread. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type KeyName, manySlotsLayout, oneSlotLayout } from '../../src/store/redis/layout.ts';
import { SLOTS, slotOf, slotTags } from '../../src/store/redis/slot.ts';

describe('a slot', () => {
  // The results of `CLUSTER KEYSLOT` in Redis 7.0. The first is the check value of CRC-16/XMODEM, 0x31c3.
  it.each([
    ['123456789', 0x31c3 % SLOTS],
    ['', 0],
    ['foo', 12_182],
    ['{foo}bar', 12_182],
    ['x{foo}{bar}', 12_182],
    ['{}foo', 9500],
    ['{{foo}}', 13_308],
    ['{foo', 13_308],
    ['schlüssel', 7677],
  ])('of %j is that of Redis', (key, slot) => {
    expect(slotOf(key)).toBe(slot);
  });

  it('has a tag', () => {
    const tags = slotTags();
    expect(tags).toHaveLength(SLOTS);
    expect(tags.every((tag, slot) => slotOf(`otpd:id:{${tag}}`) === slot && tag.length <= 4)).toBe(true);
  });
});

describe('the names of keys in a Cluster', () => {
  const layout = manySlotsLayout();
  const scripts: KeyName[][] = [
    [
      ['c', 'print'],
      ['r', 'print', 'id:}{'],
    ],
    [
      ['s', 'set'],
      ['sr', 'set', 'id'],
    ],
    [['keys'], ['used'], ['version'], ['order'], ['admins'], ['bound'], ['sealing_key_days']],
  ];

  it('are in one slot for each script, with the identity', () => {
    for (const names of scripts) {
      const keys = names.map(layout.keyOf);
      const slots = new Set([...keys, layout.identityFor(keys[0] ?? '')].map(slotOf));
      expect([...slots]).toHaveLength(1);
      expect(new Set(keys).size).toBe(keys.length);
    }
    expect(layout.home).toBe(layout.identityFor(layout.keyOf(['keys'])));
    expect(new Set(layout.identities).size).toBe(SLOTS);
  });

  it('spread 10⁵ states over three masters within 5 %', () => {
    const masters = [0, 0, 0];
    for (let number = 0; number < 100_000; number += 1) {
      const fingerprint = createHash('sha256').update(String(number)).digest('base64url');
      const master = Math.floor((slotOf(layout.keyOf(['c', fingerprint])) * 3) / SLOTS);
      masters[master] = (masters[master] ?? 0) + 1;
    }
    for (const count of masters) expect(Math.abs(count / (100_000 / 3) - 1)).toBeLessThan(0.05);
  });
});

describe('the names of keys on one Redis', () => {
  it('are those of every version', () => {
    const { keyOf, identityFor, home } = oneSlotLayout('{otpd}:');
    const names: KeyName[] = [['c', 'print'], ['r', 'print', 'id'], ['l', 'key'], ['s', 'set'], ['sr', 'set', 'id'], ['keys']];
    expect(names.map(keyOf)).toEqual([
      '{otpd}:c:print',
      '{otpd}:r:print:id',
      '{otpd}:l:key',
      '{otpd}:s:set',
      '{otpd}:sr:set:id',
      '{otpd}:keys',
    ]);
    expect([identityFor('{otpd}:keys'), home]).toEqual(['{otpd}:id', '{otpd}:id']);
  });
});
