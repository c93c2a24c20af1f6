/** The composition root: builds every part from the configuration, runs the service, and closes the parts in reverse order. */
import { createAuthenticator } from '../auth/authenticator.ts';
import { createKeyAdministration } from '../auth/key-administration.ts';
import type { Config } from '../config/config.ts';
import type { Addresses } from '../config/listen-address.ts';
import { SETTINGS } from '../config/settings.ts';
import { createCharging } from '../limits/charging.ts';
import type { Plans } from '../limits/plans.ts';
import { NO_AUDIT_LOG, openAuditLog } from '../observability/audit-file.ts';
import type { Log, Logger } from '../observability/log.ts';
import { invalid } from '../otp/error.ts';
import type { Clock, LimitStore, Store } from '../ports/store.ts';
import { createAdmit } from '../rpc/admission.ts';
import { openStore } from '../store/open.ts';
import { createFingerprints, type Fingerprints } from '../verification/fingerprint.ts';
import { ensureFingerprintKey, fingerprintKeyFile, readFingerprintKey } from './fingerprint-key.ts';
import { followLogLevel } from './live-log-level.ts';
import { openSealing } from './open-sealing.ts';
import { type OpsOfPrimary, startOperations } from './operations.ts';
import { openLivePlans } from './plans.ts';
import { watchStore } from './store-monitor.ts';
import { VERSION } from './version.ts';

/** The interval at which the times of last use are stored, in ms. */
const FLUSH_MS = 10_000;

/** Parts from outside the configuration: tests pass their own. */
export interface Ports {
  readonly log: Log;
  readonly clock: Clock;
  /** The store to use instead of the configured one. */
  readonly store?: Store;
  /** Limits that several processes share, instead of the store's. */
  readonly limits?: LimitStore | undefined;
  /** The primary of a worker, which serves the operations door. */
  readonly primary?: OpsOfPrimary | undefined;
}

export interface App {
  readonly store: Store;
  /** The current plans. */
  readonly plans: () => Plans;
  /** Listens; resolves to the addresses. */
  readonly run: () => Promise<Addresses>;
  /** Stops, gracefully first; may be called at any time and repeatedly. */
  readonly close: () => Promise<void>;
}

/** Builds the service, which does not listen yet. If a part fails, closes the parts before it. */
export async function build(config: Config, { log, clock, store: lent, limits, primary }: Ports): Promise<App> {
  const { logger } = log;
  await using parts = new AsyncDisposableStack();
  parts.defer(log.flush);
  if (config.logLevelFile !== undefined) parts.use(followLogLevel(config.logLevelFile, log));
  const plans = parts.use(openLivePlans(config.plansFile, logger));
  let onLost = (_: unknown): void => undefined;
  const warn = (text: string): void => logger.warn(text);
  const opened = lent ?? (await openStore(config, warn, (error) => onLost(error)));
  parts.defer(() => opened.close());
  const operations = await startOperations(config, { logger, primary });
  parts.defer(operations.close);
  const store = operations.measure(opened);
  const fingerprints = await bindFingerprints(config, store);
  const sealing = await openSealing(config, store, logger, clock);
  parts.defer(sealing.close);
  // The store connects, and its writer starts, while the doors load. The monitor reports an unreachable store.
  const awake = store.ping().catch(() => undefined);
  const { openDoors } = await import('./doors.ts');
  const trail = openTrail(config, logger);
  parts.defer(() => trail.close());

  const authenticator = createAuthenticator({ keys: store.keys, clock });
  const warnOfUses = (err: unknown) => logger.warn({ err }, 'last-used times not written');
  const flush = () => Promise.all([authenticator.flush().catch(warnOfUses), sealing.flush().catch(warnOfUses)]);
  const flushing = setInterval(flush, FLUSH_MS).unref();
  parts.defer(async () => {
    clearInterval(flushing);
    await Promise.all([authenticator.close().catch(warnOfUses), sealing.flush().catch(warnOfUses)]);
  });

  const state = { isStoreUp: true, areLimitsLocal: false };
  const counts = limits ?? store.limits;
  const charging = createCharging({
    limits: counts,
    clock,
    onWarning({ keyId, plan, threshold, month }) {
      trail.audit({ event: 'credits.warned', actor: { keyId }, keyId, threshold, month });
      operations.metrics?.creditWarning(threshold);
      logger.warn({ keyId, plan, threshold, month }, 'an API key nears the end of its credits');
    },
    onFallback: (err) => {
      state.areLimitsLocal = true;
      operations.metrics?.limitsLocal(true);
      logger.warn({ err }, 'rate limits are local: the shared store cannot be reached, each process counts its own calls');
    },
    onShared: () => {
      state.areLimitsLocal = false;
      operations.metrics?.limitsLocal(false);
      logger.info('rate limits are shared again');
    },
  });
  let graceEnd = Number.POSITIVE_INFINITY;
  const traces = config.traces ? (await import('../observability/traces.ts')).startTraces(logger, VERSION) : undefined;
  // Closed after the doors, so that the spans of their last calls are sent too, in the rest of the grace period.
  parts.defer(() => traces?.close(Math.max(0, Math.min(config.shutdownGraceMs, graceEnd - performance.now()))));
  const doors = await openDoors(config, {
    log,
    clock,
    service: {
      codes: store.codes,
      recovery: store.recovery,
      knows: authenticator.knows,
      fingerprints,
      audit: trail.audit,
      sealing: sealing.sealing,
      enrolmentTtlMs: config.enrolmentTtlMs,
      limits: counts,
      plans: plans.current,
    },
    admin: {
      keys: createKeyAdministration(store.keys, trail.audit),
      sealingKeys: sealing.keys,
      isStoreUp: () => state.isStoreUp,
      areLimitsLocal: () => state.areLimitsLocal,
    },
    admit: createAdmit({ authenticator, charging, plans: plans.current }),
    metrics: operations.metrics,
    traces,
  });
  parts.defer(() => doors.close());

  const monitor = watchStore(store, (reachable, err) => {
    state.isStoreUp = reachable;
    doors.setServing(reachable);
    operations.setStoreUp(reachable);
    if (reachable) logger.info('the store is back: Verify is served again');
    else
      logger.error(
        { err },
        'the store cannot be reached: Verify answers UNAVAILABLE, Generate and Token go on under a local limit',
      );
  });
  parts.defer(() => monitor.close());
  onLost = (error) => {
    authenticator.forget();
    monitor.away(error);
  };

  operations.watch({ openConnections: doors.openConnections, openStreams: doors.openStreams, sealingKeys: sealing.counts });

  const owned = parts.move();
  let closing: Promise<void> | undefined;
  return {
    store,
    plans: plans.current,
    run: async () => {
      // The first caller must not wait for the store to connect.
      await awake;
      const addresses = await doors.listen();
      operations.setListening(true);
      return { ...addresses, ops: await operations.listen() };
    },
    close: () => {
      operations.setListening(false);
      if (closing === undefined) graceEnd = performance.now() + config.shutdownGraceMs;
      closing ??= owned.disposeAsync();
      return closing;
    },
  };
}

/** Reads the fingerprint key, which the first start makes. Throws `InvalidInputError` if the state in the store belongs to another key. */
async function bindFingerprints({ fingerprintKeyFile: given, dataDir }: Config, store: Store): Promise<Fingerprints> {
  const file = given ?? fingerprintKeyFile(dataDir);
  if (given === undefined) ensureFingerprintKey(file);
  const field = SETTINGS.fingerprintKeyFile.flag;
  const fingerprints = createFingerprints(readFingerprintKey(file, field));
  if (await store.bind(fingerprints.identity)) return fingerprints;
  throw invalid(
    field,
    'not the fingerprint key of this store, without which used codes would pass again: restore the original key',
  );
}

function openTrail({ auditLog }: Config, logger: Logger): ReturnType<typeof openAuditLog> {
  if (auditLog === undefined) return NO_AUDIT_LOG;
  try {
    return openAuditLog(auditLog, (err) => logger.error({ err }, 'audit trail not written: it is tried again with each event'));
  } catch (error) {
    throw invalid(
      SETTINGS.auditLog.flag,
      `cannot be written (${(error as NodeJS.ErrnoException).code}): correct the path or its mode`,
    );
  }
}
