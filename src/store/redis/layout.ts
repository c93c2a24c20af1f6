/** How the keys of a store are named: all under one hash tag on one Redis, each state under its own in a Cluster. */
import { SLOTS, slotOf, slotTags } from './slot.ts';

/** The kind of a key, its owner (a fingerprint, a set, an API key; none if it is of the store), and further parts. */
export type KeyName = readonly [kind: string, owner?: string, ...parts: string[]];

export interface Layout {
  readonly keyOf: (name: KeyName) => string;
  /** The key of the identity that a script compares which uses `key`: in the slot of that. */
  readonly identityFor: (key: string) => string;
  /** The key of the identity that the others follow. */
  readonly home: string;
  /** Whether there is no other: then the whole state is lost with it. */
  readonly hasOneIdentity: boolean;
  /** Whether an earlier version may have left states there. */
  readonly hasFormer: boolean;
}

/** The identity, and all else, under the hash tag of `prefix`: several instances, old and new, may share this layout. */
export function oneSlotLayout(prefix: string): Layout {
  const home = `${prefix}id`;
  return { keyOf: (name) => prefix + name.join(':'), identityFor: () => home, home, hasOneIdentity: true, hasFormer: true };
}

/** The keys of nobody have this tag. */
const SHARED = 'keys';

export interface ManySlotsLayout extends Layout {
  /** The key of the identity of each slot. */
  readonly identities: readonly string[];
}

/**
 * Each state under a hash tag of its own, which is its owner, so that states spread over the masters and no script needs two slots. Each slot has an
 * identity of its own, so that a script needs no other slot to see whether its own was lost.
 */
export function manySlotsLayout(): ManySlotsLayout {
  const tags = slotTags();
  const identities = Array.from({ length: SLOTS }, (_, slot) => `otpd:id:{${tags[slot]}}`);
  const keyOf = ([kind, owner, ...parts]: KeyName) =>
    owner === undefined ? `otpd:{${SHARED}}:${kind}` : [`otpd:${kind}:{${owner}}`, ...parts].join(':');
  const identityFor = (key: string) => identities[slotOf(key)] ?? '';
  return { keyOf, identityFor, home: identityFor(keyOf([SHARED])), hasOneIdentity: false, hasFormer: false, identities };
}
