/** Rewrap: seals blobs again under the current sealing key, so that older sealing keys can be retired. */
import { create } from '@bufbuild/protobuf';
import { type SealedKey, SealedKeySchema } from '../../gen/ts/otp/v1/key_pb.ts';
import {
  type RecoveryCodeSet,
  RecoveryCodeSetSchema,
  type RewrapItem,
  type RewrapRequest,
  type RewrapResponse,
  RewrapResponseSchema,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { invalid, Violations } from '../otp/error.ts';
import type { CallContext } from '../rpc/context.ts';
import type { SealedFormat, Sealing } from '../sealing/sealing.ts';
import { runItems } from './batch.ts';
import { checkBlob, openBlob, type SealingPort } from './sealed-key.ts';

type Rewrapped = { readonly case: 'key'; readonly value: SealedKey } | { readonly case: 'set'; readonly value: RecoveryCodeSet };

const FORMATS = { key: 'otpk1', set: 'otpr1' } as const satisfies Record<Rewrapped['case'], SealedFormat>;

/** Makes the handler. */
export function createRewrap({
  sealing,
}: SealingPort): (request: RewrapRequest, context: CallContext) => Promise<RewrapResponse> {
  return async ({ items }, context) => {
    const outcomes = await runItems(items, context, (item) => rewrapOne(sealing, item, context));
    return create(RewrapResponseSchema, { results: outcomes.map((result) => ({ result })) });
  };
}

/** Seals the content again without reading it: a pending key stays pending until the same time. */
function rewrapOne(sealing: Sealing, { item }: RewrapItem, { principal: { tenant }, now }: CallContext): Rewrapped {
  if (item.case === undefined) throw invalid('key', 'required: set key to a sealed key, or set to a set of recovery codes');
  const format = FORMATS[item.case];
  const { blob, context } = item.value;
  const violations = new Violations();
  checkBlob(violations, `${item.case}.`, format, item.value);
  violations.throwIfAny();
  const binding = { tenant, context };
  const { payload } = openBlob(sealing, format, blob, binding, item.case);
  try {
    const anew = { blob: sealing.seal(format, payload, binding, now()) };
    return item.case === 'key'
      ? { case: 'key', value: create(SealedKeySchema, anew) }
      : { case: 'set', value: create(RecoveryCodeSetSchema, anew) };
  } finally {
    payload.fill(0);
  }
}
