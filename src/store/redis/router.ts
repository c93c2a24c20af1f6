/** Sends each call to the master of its slot, follows slots as they move, and never sends a call twice that may have been carried out. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './connection.ts';
import { RefusedError } from './error.ts';
import type { Entry, OpenMaster } from './master-pool.ts';
import { type Masters, openMasters } from './masters.ts';
import type { Runner, Runners, ScriptCall } from './script.ts';
import { slotOf } from './slot.ts';
import type { Topology } from './topology.ts';

/** How long a refused call may look for a master that accepts it, in ms; the last answer may come 200 ms later. */
const PATIENCE_MS = 200;
/** The pause between two attempts of a call, in ms. */
const PAUSE_MS = 10;

export interface Router extends Pick<Masters, 'refresh' | 'slotOfEach' | 'nameOf' | 'close'> {
  readonly runners: Runners;
  /** The connection to the master of a slot. Rejects with `StoreUnavailableError`. */
  connectionTo(slot: number): Promise<Connection>;
}

const plainly = (runners: Runners): Runner => runners;
const acknowledged = (runners: Runners): Runner => runners.acknowledged;

/** Opens the masters, and routes calls to them. Throws as `openMasters` does. */
export async function openRouter(topology: Topology, open: OpenMaster, onWarning: (text: string) => void): Promise<Router> {
  const masters = await openMasters(topology, open, onWarning);

  /** Learns from a refusal; resolves to the master to ask once, if the refusal named one. */
  async function follow(error: RefusedError, slot: number, { address }: Entry, isFirst: boolean): Promise<Entry | undefined> {
    const named = { ...address, host: error.host || address.host, port: error.port };
    if (error.code === 'ASK') return masters.at(named);
    if (error.code === 'MOVED' && slot === error.slot) masters.learn(slot, named);
    if (error.code !== 'TRYAGAIN') masters.lookAgain();
    if (error.code !== 'MOVED' || !isFirst) await sleep(PAUSE_MS);
    return undefined;
  }

  async function route(call: ScriptCall, way: (runners: Runners) => Runner, until = performance.now() + PATIENCE_MS) {
    const slot = slotOfCall(call);
    let asked: Entry | undefined;
    for (let isFirst = true; ; isFirst = false) {
      const entry: Entry = asked ?? masters.of(slot);
      try {
        const { runners } = entry.master ?? (await masters.opened(entry, until));
        return await way(runners).run(asked === undefined ? call : { ...call, asking: true });
      } catch (error) {
        if (!(error instanceof RefusedError) || performance.now() >= until) throw error;
        asked = await follow(error, slot, entry, isFirst);
      }
    }
  }

  /** Sends a round of calls, grouped by master; refused calls are left for the next round. */
  async function runRound(calls: readonly ScriptCall[], way: (runners: Runners) => Runner, until: number): Promise<unknown[]> {
    const replies: unknown[] = new Array(calls.length);
    const places = Map.groupBy(calls.keys(), (place) => masters.placeOf(slotOfCall(calls[place])));
    await Promise.all(
      [...places.values()].map(async (own) => {
        const mine = own.map((place) => calls[place] as ScriptCall);
        try {
          const entry = masters.of(slotOfCall(mine[0]));
          const { runners } = entry.master ?? (await masters.opened(entry, until));
          const given = await way(runners).runAll(mine);
          for (const [index, place] of own.entries()) replies[place] = given[index];
        } catch (error) {
          for (const place of own) replies[place] = error;
        }
      }),
    );
    return replies;
  }

  async function runAll(calls: readonly ScriptCall[], way: (runners: Runners) => Runner): Promise<readonly unknown[]> {
    const until = performance.now() + PATIENCE_MS;
    const replies = await runRound(calls, way, until);
    // Few calls are ever refused. Each of them follows its slot alone, in order; a later call about the same secret may have been carried out before.
    for (const [place, call] of calls.entries()) {
      if (!(replies[place] instanceof RefusedError) || performance.now() >= until) continue;
      replies[place] = await route(call, way, until).catch((error: unknown) => error);
    }
    return replies;
  }

  function runnerOf(way: (runners: Runners) => Runner): Runner {
    return { run: (call) => route(call, way), runAll: (calls) => runAll(calls, way) };
  }

  return {
    ...masters,
    runners: { ...runnerOf(plainly), acknowledged: runnerOf(acknowledged) },
    connectionTo: async (slot) => (await masters.opened(masters.of(slot), performance.now() + PATIENCE_MS)).connection,
  };
}

/** The slot of the first key, which is that of all keys of a call. */
function slotOfCall(call: ScriptCall | undefined): number {
  return slotOf(call?.keys[0] ?? '');
}
