/** `otpd serve` with several workers: what their primary does, which serves no calls, and what each of them does. */
import { build } from '../../app/app.ts';
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

/** Runs this process as what it is: the primary, or one of the workers that it has started. */
export function serveTogether(io: Io, config: Config): Promise<void> {
  const number = workerNumber();
  return number === undefined ? lead(io, config) : work(io, config, number);
}

async function lead(io: Io, config: Config): Promise<void> {
  const log = openLog(io, config);
  const { logger } = log;
  await untilFault(io, logger, config, async (fault) => {
    const firstKey = await prepare(io, config, log);
    await using parts = new AsyncDisposableStack();
    // Its own connection to the file, for the credits. With a shared store the workers ask that, and not this process.
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
      const ops = config.ops && (await openWorkersDoor(config.ops, workers.areReady, logger).catch(tellWhere));
      parts.defer(() => ops?.close());
      // The workers have their calls counted here.
      tuneForServing();
      announce(io, logger, config, firstKey, { ...addresses, ops: ops?.address });
      await stopped(AbortSignal.any([io.signal, fault]));
      logger.info('stopping');
    } finally {
      await workers.stop();
      process.off('SIGHUP', workers.reopen);
    }
  });
  logger.info('stopped');
}

/** Builds the service once for its mistakes, so that each is told once, and for what the first start makes; the workers build their own. */
async function prepare(io: Io, config: Config, log: Log): Promise<FirstKey> {
  const app = await build(config, { log, clock: Date.now });
  try {
    return await prepareFirstStart(io, log.logger, config, app);
  } finally {
    await app.close();
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
  // With a shared store the counts are there.
  const limits = config.redis === undefined ? primary.limits : undefined;
  const hadFault = await untilFault(io, logger, config, async (fault) => {
    try {
      const app = await build(config, { log, clock: Date.now, limits, onReady: primary.ready });
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
