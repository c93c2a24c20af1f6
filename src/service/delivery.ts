/** Reads in which form a secret is returned, and the context that a sealed key is bound to. */
import { SecretDelivery } from '../../gen/ts/otp/v1/key_pb.ts';
import type { Violations } from '../otp/error.ts';
import { checkContext } from './sealed-key.ts';

/** The forms in which a secret is returned; at least one is true. */
export interface Delivery {
  readonly isPlain: boolean;
  readonly isSealed: boolean;
}

const DELIVERIES: ReadonlyMap<number, Delivery> = new Map([
  [SecretDelivery.UNSPECIFIED, { isPlain: true, isSealed: false }],
  [SecretDelivery.PLAIN, { isPlain: true, isSealed: false }],
  [SecretDelivery.SEALED, { isPlain: false, isSealed: true }],
  [SecretDelivery.BOTH, { isPlain: true, isSealed: true }],
]);

/** Reads the fields `delivery` and `sealed_context` of a request; returns undefined if the form is unknown. Notes their violations. */
export function readDelivery(
  { delivery, sealedContext }: { readonly delivery: SecretDelivery; readonly sealedContext: Uint8Array },
  found: Violations,
): Delivery | undefined {
  const forms = DELIVERIES.get(delivery);
  if (forms === undefined) {
    found.add('delivery', 'unknown value: use SECRET_DELIVERY_PLAIN, SECRET_DELIVERY_SEALED or SECRET_DELIVERY_BOTH');
  }
  checkContext(found, 'sealed_context', sealedContext);
  if (forms?.isSealed === false && sealedContext.length > 0) {
    found.add('sealed_context', 'not with PLAIN, which seals nothing: leave it unset, or set delivery to SECRET_DELIVERY_SEALED');
  }
  return forms;
}
