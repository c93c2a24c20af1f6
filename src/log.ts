/** The log: JSON lines on standard error, and what may be in them. */
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { LogLevel } from './settings.ts';

export type { Logger };

/**
 * Makes the logger. Errors are logged by name and stack frames, without their message: a message may quote what it was about, and that may
 * be a secret.
 */
export function createLogger(level: LogLevel, stream: DestinationStream = destination({ fd: 2, sync: true })): Logger {
  return pino(
    { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"`, serializers: { err: describe } },
    stream,
  );
}

interface Described {
  readonly type: string;
  readonly code?: string | number;
  readonly stack: string[];
  readonly cause?: Described;
}

function describe(error: unknown): Described {
  if (!(error instanceof Error)) return { type: typeof error, stack: [] };
  const { code } = error as { code?: string | number };
  const stack = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    stack: stack.map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: describe(error.cause) }),
  };
}
