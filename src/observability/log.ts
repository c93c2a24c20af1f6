/** The log: JSON lines on standard error, without secrets. */
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { LogFormat, LogLevel } from '../config/settings.ts';
import { createLines, type Lines } from './line-buffer.ts';
import { asText } from './log-text.ts';

export type { Lines, Logger };

/** PIPE_BUF: writes of several processes to one pipe stay whole up to this size, in bytes (pipe(7)). */
const WHOLE_IN_A_PIPE = 4096;
/** The most bytes that wait while the log cannot be written; further lines are lost. */
const MOST_KEPT = 1_048_576;

export interface Log {
  readonly logger: Logger;
  /** Writes the line of a call, which is built by the caller; undefined if the level excludes such lines. */
  readonly calls: Lines | undefined;
  /** Changes the level. */
  readonly setLevel: (level: LogLevel) => void;
  /** The number of this process among several, as a member at the end of a line; empty for a single process. */
  readonly origin: string;
  /** Writes the waiting lines. */
  readonly flush: () => void;
}

/**
 * Makes the log. Errors are logged by name and stack frames, without their message, since a message may quote a secret. Lines of calls are written together, at most
 * a twentieth of a second late; any other line is written at once, after the waiting lines. A `worker` writes to the same log as the other workers. With `text` the
 * log is for a person.
 */
export function createLog(
  level: LogLevel,
  stream: DestinationStream = standardError(),
  worker?: number,
  format: LogFormat = 'json',
): Log {
  const lines = createLines(
    format === 'text' ? asText(stream) : stream,
    worker === undefined ? Number.POSITIVE_INFINITY : WHOLE_IN_A_PIPE,
  );
  const base = worker === undefined ? null : { worker };
  const logger = pino(
    { level, base, timestamp: () => `,"time":"${new Date().toISOString()}"`, serializers: { err: describe } },
    { write: lines.now },
  );
  const origin = worker === undefined ? '' : `,"worker":${worker}`;
  let calls = logger.isLevelEnabled('info') ? lines : undefined;
  return {
    logger,
    get calls() {
      return calls;
    },
    setLevel(to) {
      logger.level = to;
      calls = logger.isLevelEnabled('info') ? lines : undefined;
    },
    origin,
    flush: lines.flush,
  };
}

/**
 * A line that cannot be written, for example on a full disk, is kept up to a bound and written later. If the error were thrown, it would reach the logging code, leave
 * a call without its answer, and finally end the process.
 */
export function standardError(fd = 2): ReturnType<typeof destination> {
  const stream = destination({ fd, sync: true, maxLength: MOST_KEPT });
  stream.on('error', () => undefined);
  return stream;
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
