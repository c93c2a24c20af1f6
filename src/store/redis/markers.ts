/**
 * The identity of a store in a Cluster: the same marker in each slot. A master that comes back empty has lost the used codes of its slots, while the API keys are still
 * on another master. Every script compares the marker of its slot, and so detects the loss.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../../ports/store.ts';
import type { ManySlotsLayout } from './layout.ts';
import type { Router } from './router.ts';
import { bareReadingScript, bareScript, type Script, type ScriptCall } from './script.ts';
import type { Identity } from './session.ts';
import { slotOf } from './slot.ts';

const READ = bareReadingScript(`return redis.call('GET', KEYS[1]) or ''`);
/** Writes a marker unless there is one; returns the present marker. */
const MARK = bareScript(`
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
`);
/** Writes ARGV[2] if the present marker is ARGV[1], or if ARGV[1] is empty and there is no marker. */
const REPLACE = bareScript(`
if (redis.call('GET', KEYS[1]) or '') == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) end
return redis.call('GET', KEYS[1])
`);

/** The markers read or written in one round, so that no turn of the event loop takes long. */
const AT_ONCE = 300;
const MOST_TRIES = 5;
const TRY_PAUSE_MS = 50;
/** Precedes the main identity until all slots have their marker; the store is not used before. */
const LAYING = 'laying ';
/** Other instances may write or complete the markers in the meantime; after this many looks each of them has done so. */
const MOST_LOOKS = 5;

/** A part of the Cluster has lost its state; nothing may be judged until an operator acts. */
export class StateLostInPartError extends StoreUnavailableError {
  /** Describes the loss and the remedy. */
  readonly explanation: string;
  constructor(explanation: string) {
    super(new Error('a part of the Cluster has lost its state'));
    this.explanation = explanation;
  }
}

/** The markers of a Cluster by slot, and their evaluation. */
export interface Loss {
  /** Slots without a marker. */
  readonly missing: readonly number[];
  /** Slots with the marker of another store. */
  readonly foreign: readonly number[];
  /** The identity of the store; undefined if there is no marker. */
  readonly storeId: string | undefined;
  /** Whether the slot of the API keys is among the lost slots. */
  readonly isHomeLost: boolean;
}

export interface Markers {
  /**
   * Finds the identity of the store, or makes it in a Cluster that has none; concurrent callers get the same. Rejects with `StateLostInPartError` if some
   * slots do not have it.
   */
  identify(): Promise<Identity>;
  /** Reads all markers. */
  inspect(): Promise<Loss>;
  /** Writes the markers that `loss` names as lost: from then on nothing in these slots counts as used. */
  accept(loss: Loss): Promise<void>;
}

/** A partial loss, and a few markers that change when it is restored, accepted, or becomes a total loss. */
interface KnownLoss {
  readonly error: StateLostInPartError;
  readonly keys: readonly string[];
  readonly markers: readonly string[];
}

/** The markers behind a router. */
export function createMarkers({ runners, nameOf }: Router, { identities, home }: ManySlotsLayout): Markers {
  let known: KnownLoss | undefined;

  /** Reads the markers in rounds, each with keys of all masters. */
  async function each(script: Script, keys: readonly string[], ...args: string[]): Promise<string[]> {
    const found = new Array<string>(keys.length);
    const rounds = Math.ceil(keys.length / AT_ONCE);
    for (let round = 0; round < rounds; round += 1) {
      const own = keys.filter((_, place) => place % rounds === round);
      const replies = await runPatiently(own.map((key) => ({ script, keys: [key], args })));
      for (const [index, reply] of replies.entries()) found[index * rounds + round] = String(reply);
    }
    return found;
  }

  /** These scripts may be carried out twice, so a round is tried again under load. */
  async function runPatiently(calls: readonly ScriptCall[]): Promise<readonly unknown[]> {
    for (let left = MOST_TRIES; ; left -= 1) {
      const replies = await runners.runAll(calls);
      const failure = replies.find((reply) => reply instanceof Error);
      if (failure === undefined) return replies;
      if (left === 1 || !(failure instanceof StoreUnavailableError)) throw failure;
      await sleep(TRY_PAUSE_MS);
    }
  }

  const atHomeBy = async (script: Script, ...args: string[]): Promise<string> => (await each(script, [home], ...args))[0] ?? '';
  const readHome = () => atHomeBy(READ);

  function lossOf(markers: readonly string[]): Loss {
    const atHome = markers[slotOf(home)] ?? '';
    const storeId = atHome === '' ? mostFrequent(markers.filter((one) => one !== '')) : withoutLaying(atHome);
    const slots = [...markers.keys()];
    return {
      storeId,
      missing: slots.filter((slot) => markers[slot] === ''),
      foreign: slots.filter((slot) => markers[slot] !== '' && withoutLaying(markers[slot] ?? '') !== storeId),
      isHomeLost: atHome === '',
    };
  }

  const readAll = () => each(READ, identities);
  const inspect = async (): Promise<Loss> => lossOf(await readAll());

  /** Writes the marker of each slot. The store was not used before, so nothing can be lost. */
  async function lay(storeId: string): Promise<void> {
    const others = identities.filter((key) => key !== home);
    const found = await each(MARK, others, storeId);
    if (found.some((marker) => marker !== storeId)) throw lostInPart(await inspect());
    await atHomeBy(REPLACE, LAYING + storeId, storeId);
  }

  /** While the same loss lasts, reading all markers twice a second on every instance would show nothing new. */
  async function isStill(loss: KnownLoss): Promise<boolean> {
    const markers = await each(READ, loss.keys);
    return markers.every((marker, place) => marker === loss.markers[place]);
  }

  /** Remembers a lost marker, a present marker and the main one, as they were read: an operator may be accepting the loss at the same time. */
  function remember(loss: Loss, markers: readonly string[]): StateLostInPartError {
    const error = lostInPart(loss);
    const lost = new Set([...loss.missing, ...loss.foreign]);
    const kept = [identities.findIndex((_, slot) => !lost.has(slot)), ...lost].slice(0, 2).filter((slot) => slot >= 0);
    const samples = [...kept, slotOf(home)];
    known = {
      error,
      keys: samples.map((slot) => identities[slot] ?? home),
      markers: samples.map((slot) => markers[slot] ?? ''),
    };
    return error;
  }

  function lostInPart(loss: Loss): StateLostInPartError {
    const slots = [...loss.missing, ...loss.foreign];
    const byMaster = [...Map.groupBy(slots, nameOf)].map(([name, own]) => `${own.length} on ${name}`);
    const what = loss.foreign.length === 0 ? 'have lost their state' : 'have lost their state, or hold that of another store';
    return new StateLostInPartError(
      `${slots.length} of ${identities.length} slots of the Cluster ${what} (${byMaster.join(', ')}): codes that were used there would pass again, so ` +
        'nothing is served. Restore the data of these masters, or accept the loss with `otpd store accept-loss`, which says what that means',
    );
  }

  return {
    async identify() {
      if (known !== undefined && (await isStill(known))) throw known.error;
      known = undefined;
      for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
        const atHome = await readHome();
        if (atHome.startsWith(LAYING)) await lay(withoutLaying(atHome));
        const markers = await readAll();
        const loss = lossOf(markers);
        if (loss.storeId === undefined) {
          const fresh = randomBytes(16).toString('hex');
          const elected = await atHomeBy(MARK, LAYING + fresh);
          if (elected !== LAYING + fresh) continue;
          await lay(fresh);
          return { storeId: fresh, isNew: true };
        }
        // Another instance may have begun or finished writing the markers since the main identity was read.
        const isSettled = atHome !== '' && loss.missing.length + loss.foreign.length === 0;
        if (isSettled) return { storeId: loss.storeId, isNew: false };
        if ((await readHome()) === atHome && !atHome.startsWith(LAYING)) throw remember(loss, markers);
      }
      throw new StoreUnavailableError(new Error('the identity of the store is being changed'));
    },
    inspect,
    async accept({ storeId, missing, foreign }) {
      if (storeId === undefined) return;
      const lost = [...missing, ...foreign].map((slot) => identities[slot] ?? '');
      const markers = await each(READ, lost);
      const places = Map.groupBy(lost.keys(), (place) => markers[place] ?? '');
      for (const [marker, own] of places)
        await each(
          REPLACE,
          own.map((place) => lost[place] ?? ''),
          marker,
          storeId,
        );
    },
  };
}

function withoutLaying(marker: string): string {
  return marker.startsWith(LAYING) ? marker.slice(LAYING.length) : marker;
}

function mostFrequent(markers: readonly string[]): string | undefined {
  const [first] = [...Map.groupBy(markers, withoutLaying)].sort(([, one], [, other]) => other.length - one.length);
  return first?.[0];
}
