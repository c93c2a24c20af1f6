/** The log: JSON lines on standard error, and what may be in them. */
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { LogFormat, LogLevel } from '../config/settings.ts';
import { createLines, type Lines } from './line-buffer.ts';
import { asText } from './log-text.ts';

export type { Lines, Logger };

/** PIPE_BUF: what several processes write to one pipe stays in one piece up to here, in bytes (pipe(7)). */
const WHOLE_IN_A_PIPE = 4096;
/** How much waits for a log that cannot be written, in bytes; what is more is lost. */
const MOST_KEPT = 1_048_576;

export interface Log {
  readonly logger: Logger;
  /** Takes the line of a call, whose shape is known and which is written for every one; undefined where the level leaves such lines out. */
  readonly calls: Lines | undefined;
  /** Changes the level. */
  readonly setLevel: (level: LogLevel) => void;
  /** Which of several processes this is, as a member at the end of a line; empty if it is the only one. */
  readonly origin: string;
  /** Writes what still waits. */
  readonly flush: () => void;
}

/**
 * Makes the log. Errors are logged by name and stack frames, without their message: a message may quote what it was about, and that may be a
 * secret. Lines of calls are written together, a twentieth of a second late at most; any other line goes out at once, after those before it.
 * The log of a `worker` goes where those of others go. As `text` it is for a person.
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
 * A line that cannot be written, on a full disk for example, is kept up to a bound and written later: an error from here would reach whatever was
 * being logged, leave a call without its answer, and end the process from the net that logs what slipped through all others.
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
