/** The level of the log, read again whenever its file changes. */
import { parseLogLevel } from '../config/parsers.ts';
import { SETTINGS } from '../config/settings.ts';
import type { Log } from '../observability/log.ts';
import { restating } from '../otp/error.ts';
import { followFile, readSettingFile } from './setting-file.ts';

/** Sets the level from the file, and again whenever the file changes. Throws `InvalidInputError` if the file cannot be used at first. */
export function followLogLevel(file: string, { logger, setLevel }: Log): Disposable {
  const { flag } = SETTINGS.logLevelFile;
  return followFile(file, {
    read() {
      const level = readLevel(file, flag);
      if (logger.level === level) return undefined;
      setLevel(level);
      // Logged at the new level, unless that is silent, so that the operator sees the effect.
      logger[level === 'silent' ? 'info' : level]({ logLevel: level }, 'log level changed');
      return undefined;
    },
    onProblem: (problem) => logger.warn({ problem }, 'log level not usable: the old one stays in force'),
  });
}

function readLevel(file: string, flag: string) {
  const text = readSettingFile(file, flag).trim();
  return restating(
    ({ description }) => ({ field: flag, description: `does not hold a level: ${description}` }),
    () => parseLogLevel(text),
  );
}
