/** Seal: turns plain keys, or keys that are sealed with another context, into sealed keys. */
import { create } from '@bufbuild/protobuf';
import type { KeyParameters, SealedKey } from '../../gen/ts/otp/v1/key_pb.ts';
import { type SealItem, type SealRequest, type SealResponse, SealResponseSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { restating, Violations } from '../otp/error.ts';
import type { CallContext } from '../rpc/context.ts';
import type { Sealing } from '../sealing/sealing.ts';
import { runItems } from './batch.ts';
import { requireKey } from './key.ts';
import { parametersMessage } from './key-parameters.ts';
import { checkContext, KeyOpener, type SealingPort, sealKey } from './sealed-key.ts';

interface Sealed {
  readonly case: 'sealed';
  readonly value: SealedKey;
  readonly parameters: KeyParameters;
}

/** Makes the handler. */
export function createSeal({ sealing }: SealingPort): (request: SealRequest, context: CallContext) => Promise<SealResponse> {
  return async ({ items }, context) => {
    const outcomes = await runItems(items, context, (item) => sealOne(sealing, item, context));
    const results = outcomes.map((outcome) =>
      outcome.case === 'error'
        ? { result: outcome }
        : { result: { case: outcome.case, value: outcome.value }, parameters: outcome.parameters },
    );
    return create(SealResponseSchema, { results });
  };
}

function sealOne(sealing: Sealing, { key: given, sealedContext }: SealItem, context: CallContext): Sealed {
  const now = context.now();
  using opener = new KeyOpener(sealing, context, now, 'ordinary');
  const violations = new Violations();
  const key = requireKey(given, violations, opener);
  checkContext(violations, 'sealed_context', sealedContext);
  violations.throwIfAny();
  opener.throwIfRefused();
  if (key === undefined) throw new Error('an item without violations has a key');
  const binding = { tenant: context.principal.tenant, context: sealedContext };
  const createTime = key.opened?.createTime ?? Math.floor(now / 1000);
  const value = namingTheUri(() => sealKey(sealing, { ...key, createTime, pendingUntil: undefined }, binding, now));
  return { case: 'sealed', value, parameters: parametersMessage(key) };
}

const NAMES: Readonly<Record<string, string>> = { issuer: 'issuer', account_name: 'account name' };

/** Names the field `uri` in the error for a name that is too long: a URI may have names of any length, a sealed key only names that fit an enrolment. */
function namingTheUri<T>(seal: () => T): T {
  return restating(
    ({ field, description }) => ({
      field: 'key.uri',
      description: `the ${NAMES[field]} ${description}: shorten it, or send the secret and its parameters without a name`,
    }),
    seal,
  );
}
