/** The markers of a Cluster over slots in a map: who lays them, what is a loss, and what other instances may do in between. */
import { beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { manySlotsLayout } from '../../src/store/redis/layout.ts';
import { createMarkers, StateLostInPartError } from '../../src/store/redis/markers.ts';
import type { Router } from '../../src/store/redis/router.ts';
import type { ScriptCall } from '../../src/store/redis/script.ts';
import { SLOTS, slotOf } from '../../src/store/redis/slot.ts';

const LAYOUT = manySlotsLayout();
const { identities, home } = LAYOUT;
/** Three keys of other slots than the main one. */
const [FIRST = '', SECOND = '', THIRD = ''] = identities.filter((key) => key !== home);
const LAYING = 'laying ';

let slots: Map<string, string>;
let reads: number;
/** Called before each call, as another instance that is quicker. */
let before: (kind: 'read' | 'mark' | 'replace', key: string) => void;
/** The replies to the next rounds, if they fail. */
let failures: Error[];

/** Does what the scripts do, which are known by their text. */
function carryOut({ script: { text }, keys: [key = ''], args: [first = '', second = ''] }: ScriptCall): string {
  const kind = text.includes('NX') ? 'mark' : text.includes('ARGV[2]') ? 'replace' : 'read';
  before(kind, key);
  const present = slots.get(key) ?? '';
  if (kind === 'read') reads += 1;
  if (kind === 'mark' && present === '') slots.set(key, String(first));
  if (kind === 'replace' && present === first) slots.set(key, String(second));
  return slots.get(key) ?? '';
}

const runAll = async (calls: readonly ScriptCall[]) => {
  const failure = failures.shift();
  return calls.map((call, place) => (place === 0 && failure !== undefined ? failure : carryOut(call)));
};
const router = { runners: { runAll }, nameOf: () => 'a:1' } as unknown as Router;
const markersNow = () => createMarkers(router, LAYOUT);
const all = (id: string) => new Map(identities.map((key) => [key, id]));

beforeEach(() => {
  slots = new Map();
  reads = 0;
  before = () => undefined;
  failures = [];
});

/** The words for an operator of the loss that `identify` finds. */
async function explanationOf(markers = markersNow()): Promise<string> {
  const error = await markers.identify().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StateLostInPartError);
  return (error as StateLostInPartError).explanation;
}

describe('a new Cluster', () => {
  test('has the marker in each slot, and is the same to who comes next', async () => {
    const { storeId, isNew } = await markersNow().identify();
    expect(isNew).toBe(true);
    expect(slots).toEqual(all(storeId));
    expect(await markersNow().identify()).toEqual({ storeId, isNew: false });
  });

  test('is not used if a slot has the marker of another store by then', async () => {
    before = (kind) => {
      if (kind === 'mark') slots.set(FIRST, 'other');
    };
    expect(await explanationOf()).toContain('1 of 16384 slots');
    expect(slots.get(home)).toMatch(LAYING);
  });

  test('that two instances begin at once has the marker of the elected instance', async () => {
    before = (kind, key) => {
      if (kind === 'mark' && key === home && !slots.has(home)) slots.set(home, `${LAYING}theirs`);
    };
    expect(await markersNow().identify()).toEqual({ storeId: 'theirs', isNew: false });
    expect(slots).toEqual(all('theirs'));
  });

  test('whose instance died while it laid the markers is completed', async () => {
    slots = new Map([
      [FIRST, 'theirs'],
      [home, `${LAYING}theirs`],
    ]);
    expect(await markersNow().identify()).toEqual({ storeId: 'theirs', isNew: false });
    expect(slots).toEqual(all('theirs'));
  });

  test('that another instance marks between two looks has lost nothing', async () => {
    let hasBegun = false;
    before = (kind, key) => {
      if (kind !== 'read' || key === home || hasBegun) return;
      hasBegun = true;
      slots = new Map([
        [home, `${LAYING}theirs`],
        [FIRST, 'theirs'],
      ]);
    };
    expect(await markersNow().identify()).toEqual({ storeId: 'theirs', isNew: false });
  });

  test('has no foreign marker while its markers are laid', async () => {
    slots = all('ours').set(home, `${LAYING}ours`);
    expect(await markersNow().inspect()).toEqual({ storeId: 'ours', missing: [], foreign: [], isHomeLost: false });
  });
});

describe('a loss', () => {
  test('is a slot without a marker, or with another', async () => {
    slots = all('ours').set(FIRST, '').set(SECOND, 'other');
    expect(await markersNow().inspect()).toEqual({
      storeId: 'ours',
      missing: [slotOf(FIRST)],
      foreign: [slotOf(SECOND)],
      isHomeLost: false,
    });
    expect(await explanationOf()).toContain(
      `2 of ${SLOTS} slots of the Cluster have lost their state, or hold that of another store (2 on a:1)`,
    );
  });

  test('is a single slot that another store has', async () => {
    slots = all('ours').set(FIRST, 'other');
    expect(await explanationOf()).toContain('1 of 16384 slots');
  });

  test('of the main slot leaves the store of most of the others', async () => {
    slots = all('ours').set(home, '').set(FIRST, 'other').set(SECOND, 'other');
    expect(await markersNow().inspect()).toMatchObject({ storeId: 'ours', missing: [slotOf(home)], isHomeLost: true });
  });

  test('that is accepted is over: each lost slot has the marker, whatever it had before', async () => {
    slots = all('ours').set(FIRST, '').set(SECOND, 'other');
    const markers = markersNow();
    await markers.accept(await markers.inspect());
    expect(slots).toEqual(all('ours'));
    expect(await markers.identify()).toEqual({ storeId: 'ours', isNew: false });
  });

  test('is told again from a few markers while it lasts, and looked at anew once it has changed', async () => {
    slots = all('ours').set(FIRST, '').set(SECOND, '');
    const markers = markersNow();
    expect(await explanationOf(markers)).toContain('2 of 16384');
    reads = 0;
    expect(await explanationOf(markers)).toContain('2 of 16384');
    expect(reads).toBe(3);
    slots = all('ours');
    await markers.identify();
    slots = all('ours').set(FIRST, '');
    expect(await explanationOf(markers)).toContain('1 of 16384');
    slots.set(home, '').set(THIRD, '');
    expect(await explanationOf(markers)).toContain('3 of 16384');
  });
});

describe('a round that fails', () => {
  const away = new StoreUnavailableError(new Error('Command timed out'));

  test('is tried again: its scripts may be carried out twice', async () => {
    slots = all('ours');
    failures = [away, away];
    expect(await markersNow().identify()).toEqual({ storeId: 'ours', isNew: false });
  });

  test('again and again is an outage', async () => {
    slots = all('ours');
    failures = Array.from({ length: 5 }, () => away);
    await expect(markersNow().identify()).rejects.toBe(away);
    expect(failures).toEqual([]);
  });

  test('of a bug is not tried again', async () => {
    const bug = new Error('a script failed');
    failures = [bug];
    await expect(markersNow().identify()).rejects.toBe(bug);
  });
});
