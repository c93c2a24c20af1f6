/** The loss of a part of a Cluster, and its acceptance by an operator. */
import { type EngineOptions, routerTo } from './engine.ts';
import { RedisSetupError } from './error.ts';
import { manySlotsLayout } from './layout.ts';
import { createMarkers } from './markers.ts';
import { parseRedisUrl } from './url.ts';

export interface OpenLoss extends AsyncDisposable {
  /** The number of slots that have lost their state or have the state of another store; 0 if the Cluster is complete, or new. */
  readonly slots: number;
  /** Their masters, as `host:port`. */
  readonly masters: readonly string[];
  /** Whether the API keys are lost. */
  readonly isOfKeys: boolean;
  /** Makes these slots begin with an empty state. */
  accept(): Promise<void>;
}

/** Examines the loss. Throws `InvalidInputError` for the URL, and `RedisSetupError` if there is no Cluster at the URL, or it cannot be used. */
export async function openClusterLoss(options: EngineOptions & { readonly url: string }): Promise<OpenLoss> {
  const target = parseRedisUrl(options.url);
  if (target.kind !== 'cluster')
    throw new RedisSetupError(
      'is no Cluster: one Redis, or one with sentinels, loses all of its state or nothing, and otpd goes on by itself',
    );
  await using opened = new AsyncDisposableStack();
  const router = opened.adopt(await routerTo(target, options), (one) => one.close());
  const markers = createMarkers(router, manySlotsLayout());
  const loss = await markers.inspect();
  const slots = loss.storeId === undefined ? [] : [...loss.missing, ...loss.foreign];
  const owned = opened.move();
  return {
    slots: slots.length,
    masters: [...new Set(slots.map(router.nameOf))].sort(),
    isOfKeys: slots.length > 0 && loss.isHomeLost,
    accept: () => markers.accept(loss),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
