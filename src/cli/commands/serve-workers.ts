/** `otpd serve` with several workers: the work of the primary, which serves no calls, and of each worker. */
import { type App, build } from '../../app/app.ts';
import { followLogLevel } from '../../app/live-log-level.ts';
import { openWorkersDoor } from '../../app/operations.ts';
import { tuneForServing } from '../../app/v8-tuning.ts';
import { startWorkers, WorkerFailedError } from '../../cluster/primary.ts';
import { connectPrimary, workerNumber } from '../../cluster/worker.ts';
import type { Config } from '../../config/config.ts';
import { createLocalLimits } from '../../limits/local-counter.ts';
import type { Log } from '../../observability/log.ts';
import { openStore } from '../../store/open.ts';
import type { Io } from '../io.ts';
import { readFailure } from '../output/exit.ts';
import { CliError, type Failure, localError } from '../output/failure.ts';
import type { FirstKey } from './first-key.ts';
import { announce, listen, openLog, prepareFirstStart, tellWhere } from './serving.ts';
import { stopped, untilFault } from './until-fault.ts';

/** Runs this process as the primary, or as a worker that the primary has started. */
export function serveTogether(io: Io, config: Config): Promise<void> {
  const number = workerNumber();
  return number === undefined ? lead(io, config) : work(io, config, number);
}

async function lead(io: Io, config: Config): Promise<void> {
  const log = openLog(io, config);
  const { logger } = log;
  await untilFault(io, logger, config, async (fault) => {
    const plans = await tried(config, log);
    await using parts = new AsyncDisposableStack();
    // A separate connection to the file, for the credits. A shared store is used only by the workers.
    const store = config.redis === undefined ? await openStore(config, (text) => logger.warn(text)) : undefined;
    parts.defer(() => store?.close());
    const workers = startWorkers({
      count: config.workers,
      graceMs: config.shutdownGraceMs,
      logger,
      clock: Date.now,
      limits: store?.limits ?? createLocalLimits(),
    });
    process.on('SIGHUP', workers.reopen);
    if (config.logLevelFile !== undefined) parts.use(followLogLevel(config.logLevelFile, log));
    try {
      const addresses = await workers.listening.catch(tellFailure);
      const ops = config.ops && (await openWorkersDoor(config.ops, workers, logger).catch(tellWhere));
      parts.defer(() => ops?.close());
      // The primary counts the calls of the workers.
      tuneForServing();
      announce(io, logger, config, await firstKeyOf(io, config, log, { store, plans }), { ...addresses, ops: ops?.address });
      await stopped(AbortSignal.any([io.signal, fault]));
      logger.info('stopping');
    } finally {
      await workers.stop();
      process.off('SIGHUP', workers.reopen);
    }
  });
  logger.info('stopped');
}

/** The store of the primary, undefined where the store is shared, and the plans in force. */
interface Prepared extends Pick<App, 'plans'> {
  readonly store: App['store'] | undefined;
}

/** Builds the service once, so that mistakes are reported once and the files of a first start are made; the workers build their own. Returns its plans. */
async function tried(config: Config, log: Log): Promise<App['plans']> {
  const app = await build(config, { log, clock: Date.now });
  await app.close();
  return app.plans;
}

async function firstKeyOf(io: Io, config: Config, { logger }: Log, { store, plans }: Prepared): Promise<FirstKey> {
  if (store !== undefined) return prepareFirstStart(io, logger, config, { store, plans });
  // The warnings of this build were reported already.
  const shared = await openStore(config, () => undefined);
  try {
    return await prepareFirstStart(io, logger, config, { store: shared, plans });
  } finally {
    await shared.close();
  }
}

function tellFailure(error: unknown): never {
  if (!(error instanceof WorkerFailedError)) throw error;
  if (error.failure === undefined) throw localError('a worker ended before it listened: see the log');
  throw new CliError(error.failure as Failure);
}

async function work(io: Io, config: Config, number: number): Promise<void> {
  const log = openLog(io, config, number);
  const { logger } = log;
  const primary = connectPrimary(() => {
    logger.fatal('the primary does not answer: this worker ends');
    process.exit(1);
  });
  // A shared store has the counts itself.
  const limits = config.redis === undefined ? primary.limits : undefined;
  const hadFault = await untilFault(io, logger, config, async (fault) => {
    try {
      const app = await build(config, { log, clock: Date.now, limits, primary });
      try {
        primary.listening(await listen(app));
        await stopped(AbortSignal.any([io.signal, primary.stop, fault]));
      } finally {
        await app.close();
      }
    } catch (error) {
      const failure = readFailure(error);
      if (failure.code === 'FAULT') logger.fatal({ err: error }, 'a fault of otpd');
      await primary.failed(failure);
    }
  });
  // Leaving the primary exits with 0.
  if (hadFault) process.exit();
  primary.leave();
}
