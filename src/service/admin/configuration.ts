/** ListPlans and ListSealingKeys: the configuration of the server. */
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type ListPlansResponse,
  ListPlansResponseSchema,
  type ListSealingKeysResponse,
  ListSealingKeysResponseSchema,
  SealingKey_State,
} from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import type { Plan, Plans } from '../../limits/plans.ts';

/** A sealing key as operators see it: without its bytes. Times in ms since the epoch. */
export interface SealingKeyInfo {
  readonly id: string;
  readonly state: 'seals' | 'staged' | 'opens' | 'retired';
  readonly createTime: number;
  readonly sealsFrom: number;
}

const STATES: Readonly<Record<SealingKeyInfo['state'], SealingKey_State>> = {
  seals: SealingKey_State.SEALING,
  staged: SealingKey_State.STAGED,
  opens: SealingKey_State.OPENING,
  retired: SealingKey_State.RETIRED,
};

/** Makes the handler of ListPlans. */
export function createListPlans(plans: () => Plans): () => ListPlansResponse {
  return () => create(ListPlansResponseSchema, { plans: [...plans().values()].map(planInit) });
}

function planInit({ name, windows, streams }: Plan) {
  const limits = Object.fromEntries(windows.map((window) => [`${window.name}Limit`, BigInt(window.limit)]));
  return { ...limits, name: `plans/${name}`, streamLimit: streams };
}

/** Makes the handler of ListSealingKeys. */
export function createListSealingKeys(sealingKeys: () => readonly SealingKeyInfo[]): () => ListSealingKeysResponse {
  return () =>
    create(ListSealingKeysResponseSchema, {
      sealingKeys: sealingKeys().map(({ id, state, createTime, sealsFrom }) => ({
        id,
        state: STATES[state],
        createTime: timestampFromMs(createTime),
        sealFromTime: timestampFromMs(sealsFrom),
      })),
    });
}
