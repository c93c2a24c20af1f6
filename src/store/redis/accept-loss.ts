/** The loss of a part of a Cluster, and an operator's word that it is accepted. */
import { type EngineOptions, routerTo } from './engine.ts';
import { RedisSetupError } from './error.ts';
import { manySlotsLayout } from './layout.ts';
import { createMarkers } from './markers.ts';
import { parseRedisUrl } from './url.ts';

export interface OpenLoss extends AsyncDisposable {
  /** Slots that have lost their state, or hold that of another store; 0 if the Cluster is whole, or new. */
  readonly slots: number;
  /** Their masters, as `host:port`. */
  readonly masters: readonly string[];
  /** Whether the API keys are among what is lost. */
  readonly isOfKeys: boolean;
  /** Lets the state begin anew in these slots. */
  accept(): Promise<void>;
}

/** Looks what is lost. Throws `InvalidInputError` for the URL, `RedisSetupError` if it leads to no Cluster, or to one that cannot be used. */
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
