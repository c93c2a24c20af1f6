/** `otpd serve`: runs the server until it is stopped. */
import { Command, Option } from 'commander';
import { build } from '../../app/app.ts';
import { type Config, type Flags, loadConfig } from '../../config/config.ts';
import { SETTINGS, type Setting, type SettingName } from '../../config/settings.ts';
import type { Io } from '../io.ts';
import { announce, listen, openLog, prepareFirstStart } from './serving.ts';
import { stopped, untilFault } from './until-fault.ts';

/** The command, its flags made from the settings. */
export function serveCommand(io: Io): Command {
  const command = new Command('serve').description('run the server until SIGINT or SIGTERM');
  for (const setting of Object.values(SETTINGS)) command.addOption(option(setting));
  return command.action(async (flags: Record<string, string | boolean>) => serve(io, named(flags)));
}

async function serve(io: Io, flags: Flags): Promise<void> {
  const config = loadConfig(flags, io.env);
  if (config.workers === 1) return serveAlone(io, config);
  // Loaded only where it is used.
  const { serveTogether } = await import('./serve-workers.ts');
  return serveTogether(io, config);
}

async function serveAlone(io: Io, config: Config): Promise<void> {
  const log = openLog(io, config);
  const { logger } = log;
  await untilFault(io, logger, config, async (fault) => {
    const app = await build(config, { log, clock: Date.now });
    try {
      const addresses = await listen(app);
      announce(io, logger, config, await prepareFirstStart(io, logger, config, app), addresses);
      await stopped(AbortSignal.any([io.signal, fault]));
      logger.info('stopping');
    } finally {
      await app.close();
    }
  });
  logger.info('stopped');
}

function option({ flag, value, env, fallback, help }: Setting): Option {
  const described = `${help} (env: ${env}${fallback === undefined ? '' : `; default: ${fallback}`})`;
  const made = new Option(value === undefined ? flag : `${flag} <${value}>`, described);
  // To commander, `--no-x` would be the negation of `--x`, and the last of the two would win.
  made.negate = false;
  return made;
}

/** Maps commander's names of options to the names of settings. */
function named(given: Readonly<Record<string, string | boolean>>): Flags {
  const flags: Partial<Record<SettingName, string | boolean>> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const value = given[option(SETTINGS[name]).attributeName()];
    if (value !== undefined) flags[name] = value;
  }
  return flags;
}
