/** The level of the log, which follows its file while the process runs. */
import { readFileSync } from 'node:fs';
import { parseLogLevel } from '../config/parsers.ts';
import { SETTINGS } from '../config/settings.ts';
import type { Log } from '../observability/log.ts';
import { InvalidInputError, invalid } from '../otp/error.ts';
import { followFile } from './followed-file.ts';

/** Sets the level to that in the file, and again whenever it changes. Throws `InvalidInputError` if the file cannot be used at first. */
export function followLogLevel(file: string, { logger, setLevel }: Log): Disposable {
  const { flag } = SETTINGS.logLevelFile;
  return followFile(file, {
    read() {
      const level = readLevel(file, flag);
      if (logger.level === level) return undefined;
      setLevel(level);
      // At any level but silent: who raises it wants to know that it took.
      logger[level === 'silent' ? 'info' : level]({ logLevel: level }, 'log level changed');
      return undefined;
    },
    onProblem: (problem) => logger.warn({ problem }, 'log level not usable: the old one stays in force'),
  });
}

function readLevel(file: string, flag: string) {
  try {
    return parseLogLevel(readFileSync(file, 'utf8').trim());
  } catch (error) {
    if (error instanceof InvalidInputError) throw invalid(flag, `does not hold a level: ${error.violations[0]?.description}`);
    throw invalid(flag, `cannot be read (${(error as NodeJS.ErrnoException).code}): correct the path or its mode`);
  }
}
