/** The servers of a URL: one Redis, the primary that sentinels name, or the masters of a Cluster. */
import { StoreUnavailableError } from '../../ports/store.ts';
import type { Connection, RedisTls } from './connection.ts';
import { type Layout, manySlotsLayout, oneSlotLayout } from './layout.ts';
import { createMarkers } from './markers.ts';
import { openMaster } from './master.ts';
import { openRouter, type Router } from './router.ts';
import type { Runners } from './script.ts';
import { type Identity, identify } from './session.ts';
import { openTopology } from './topology.ts';
import type { RedisTarget } from './url.ts';

const DEFAULT_PREFIX = '{otpd}:';

export interface EngineOptions {
  /** For `rediss…`. */
  readonly tls?: RedisTls;
  /** The beginning of every key's name on one Redis; its hash tag puts all keys into one slot. A Cluster has other names. */
  readonly prefix?: string;
  /** The number of replicas that must acknowledge a judgement or a change of an API key before it is answered; 0 by default. */
  readonly waitReplicas?: number;
  /** For tests on a busy machine: no command fails for lack of time before this many ms; 0 by default. */
  readonly leastPatienceMs?: number;
  /** Called with warnings for an operator, each on one line: at the start, when masters change, and when Redis has lost its state. */
  readonly onWarning: (text: string) => void;
}

export interface Engine {
  readonly layout: Layout;
  readonly runners: Runners;
  /** Finds the identity of the store, or makes it. Rejects with `StoreUnavailableError`. */
  readonly identify: () => Promise<Identity>;
  /** A key of an identity on each master. */
  readonly identities: () => readonly string[];
  /** Finds the masters again. */
  readonly settle: () => Promise<void>;
}

/** Opens the servers; `opened` closes them. Throws `RedisSetupError`. */
export async function openEngine(target: RedisTarget, options: EngineOptions, opened: AsyncDisposableStack): Promise<Engine> {
  if (target.kind === 'cluster') return clusterEngine(opened.adopt(await routerTo(target, options), (one) => one.close()));
  const layout = oneSlotLayout(options.prefix ?? DEFAULT_PREFIX);
  if (target.kind === 'sentinel') {
    const router = opened.adopt(await routerTo(target, options), (one) => one.close());
    return oneEngine(layout, router.runners, () => router.connectionTo(0), router.refresh);
  }
  const { tls = {}, waitReplicas = 0, leastPatienceMs = 0, onWarning } = options;
  const master = opened.adopt(await openMaster(target.address, { tls, waitReplicas, leastPatienceMs }), (one) => one.close());
  for (const text of master.warnings) onWarning(text);
  return oneEngine(layout, master.runners, async () => master.connection);
}

/** All state is on one server at a time. */
function oneEngine(
  layout: Layout,
  runners: Runners,
  connectionTo: () => Promise<Connection>,
  refresh: () => Promise<void> = async () => undefined,
): Engine {
  return {
    layout,
    runners,
    async identify() {
      const connection = await connectionTo();
      return identify(connection, layout.home).catch((error: unknown) => {
        throw connection.translate(error);
      });
    },
    identities: () => [layout.home],
    settle: () => unlessAway(refresh),
  };
}

function clusterEngine(router: Router): Engine {
  const layout = manySlotsLayout();
  return {
    layout,
    runners: router.runners,
    identify: createMarkers(router, layout).identify,
    identities: () => router.slotOfEach().map((slot) => layout.identities[slot] ?? ''),
    settle: () => unlessAway(router.refresh),
  };
}

/** Opens a router. Throws `RedisSetupError`. */
export async function routerTo(
  target: Exclude<RedisTarget, { kind: 'one' }>,
  { tls = {}, waitReplicas = 0, leastPatienceMs = 0, onWarning }: EngineOptions,
): Promise<Router> {
  const open = (address: Parameters<typeof openMaster>[0], onLost: () => void) =>
    openMaster(address, { tls, waitReplicas, leastPatienceMs, onLost });
  return openRouter(openTopology(target, tls), open, onWarning);
}

/** Sentinels and nodes may be unreachable while the masters are not. */
async function unlessAway(work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!(error instanceof StoreUnavailableError)) throw error;
  });
}
