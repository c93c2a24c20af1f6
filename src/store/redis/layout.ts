/** The names of a store's keys: all under one hash tag on one Redis, each state under its own hash tag in a Cluster. */
import { SLOTS, slotOf, slotTags } from './slot.ts';

/** The kind of a key, its owner (a fingerprint, a set, an API key; none for a key of the store), and further parts. */
export type KeyName = readonly [kind: string, owner?: string, ...parts: string[]];

export interface Layout {
  readonly keyOf: (name: KeyName) => string;
  /** The key of the identity that a script with `key` compares; it is in the same slot. */
  readonly identityFor: (key: string) => string;
  /** The key of the main identity. */
  readonly home: string;
  /** Whether it is the only identity: then the whole state is lost with it. */
  readonly hasOneIdentity: boolean;
  /** Whether an earlier version may have left states. */
  readonly hasFormer: boolean;
}

/** Puts the identity and everything else under the hash tag of `prefix`. Several instances, old and new, may share this layout. */
export function oneSlotLayout(prefix: string): Layout {
  const home = `${prefix}id`;
  return { keyOf: (name) => prefix + name.join(':'), identityFor: () => home, home, hasOneIdentity: true, hasFormer: true };
}

/** The hash tag of keys without an owner. */
const SHARED = 'keys';

export interface ManySlotsLayout extends Layout {
  /** The key of the identity of each slot. */
  readonly identities: readonly string[];
}

/**
 * Puts each state under the hash tag of its owner, so that states spread over the masters and no script needs two slots. Each slot has its own
 * identity, so that a script can detect the loss of its slot.
 */
export function manySlotsLayout(): ManySlotsLayout {
  const tags = slotTags();
  const identities = Array.from({ length: SLOTS }, (_, slot) => `otpd:id:{${tags[slot]}}`);
  const keyOf = ([kind, owner, ...parts]: KeyName) =>
    owner === undefined ? `otpd:{${SHARED}}:${kind}` : [`otpd:${kind}:{${owner}}`, ...parts].join(':');
  const identityFor = (key: string) => identities[slotOf(key)] ?? '';
  return { keyOf, identityFor, home: identityFor(keyOf([SHARED])), hasOneIdentity: false, hasFormer: false, identities };
}
