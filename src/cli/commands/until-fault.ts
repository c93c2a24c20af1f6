/** The end of a serving process: when it is stopped, or after a fault that no handler has caught. */
import type { Config } from '../../config/config.ts';
import type { Logger } from '../../observability/log.ts';
import type { Io } from '../io.ts';

/** How long an orderly stop may take after the grace period of calls, in ms, before a process with a fault ends at once. */
const STOPPING_MS = 5000;
/** The exit code after a fault; a supervisor, or the primary of a worker, then starts another process. */
const FAULT_EXIT_CODE = 1;

/**
 * Runs `work`, which must stop in order when its signal is aborted. A fault that no handler has caught aborts the signal: the state of the process is then in
 * doubt, so it answers the calls in flight and ends. Resolves to whether there was a fault, which is logged and sets the exit code; rejects as `work` does
 * if there was none.
 */
export async function untilFault(
  io: Io,
  logger: Logger,
  { shutdownGraceMs }: Config,
  work: (fault: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const fault = new AbortController();
  const onFault = (origin: string) => (err: unknown) => {
    logger.fatal({ err, origin }, 'a fault of otpd: this process answers the calls in flight and ends');
    if (fault.signal.aborted) return;
    io.setExitCode(FAULT_EXIT_CODE);
    setTimeout(() => process.exit(FAULT_EXIT_CODE), shutdownGraceMs + STOPPING_MS).unref();
    fault.abort();
  };
  const onException = onFault('uncaughtException');
  const onRejection = onFault('unhandledRejection');
  process.on('uncaughtException', onException);
  process.on('unhandledRejection', onRejection);
  try {
    await work(fault.signal);
  } catch (error) {
    if (!fault.signal.aborted) throw error;
    logger.fatal({ err: error }, 'not stopped in order');
  } finally {
    // Another fault may follow, and Node would print it with its message, which may hold a secret.
    if (!fault.signal.aborted) {
      process.off('uncaughtException', onException);
      process.off('unhandledRejection', onRejection);
    }
  }
  return fault.signal.aborted;
}

/** Resolves once `signal` is aborted. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
