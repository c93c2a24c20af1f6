/** `otpd serve`: runs the server until it is told to stop. */
import { Command, Option } from 'commander';
import { build } from '../app.ts';
import { type Flags, formatAddress, loadConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { SETTINGS, type Setting, type SettingName } from '../settings.ts';
import { localError } from './failure.ts';
import { ensureFirstKey } from './first-key.ts';
import type { Io } from './io.ts';
import { writeLine } from './output.ts';

/** The command, its flags made from the settings. */
export function serveCommand(io: Io): Command {
  const command = new Command('serve').description('run the server until SIGINT or SIGTERM');
  for (const setting of Object.values(SETTINGS)) command.addOption(option(setting));
  return command.action(async (flags: Record<string, string | boolean>) => serve(io, named(flags)));
}

async function serve(io: Io, flags: Flags): Promise<void> {
  const config = loadConfig(flags, io.env);
  const log = createLog(config.logLevel);
  const { logger } = log;
  // The last net below the ones in src/grpc: whatever slips through all of them is logged, and ends one call at most, not the process.
  const contain = (err: unknown): void => logger.error({ err }, 'contained');
  process.on('uncaughtException', contain);
  const app = await build(config, { log, clock: Date.now });
  try {
    const firstKey = await ensureFirstKey(app.store.keys, app.plans, Date.now());
    const address = await app.run().catch(() => {
      throw localError(
        `cannot listen on ${formatAddress(config.listen)}: it is in use, or no address of this machine; set --listen`,
      );
    });
    writeLine(io.stdout, `otpd listens on ${address}${config.tls === undefined ? '' : ' (TLS)'}; data in ${config.dataDir}`);
    for (const line of firstKey.introduce(address, config.tls !== undefined)) writeLine(io.stdout, line);
    logger.info({ address, tls: config.tls !== undefined, reflection: config.reflection }, 'listening');
    await stopped(io.signal);
    logger.info('stopping');
  } finally {
    await app.close();
    process.off('uncaughtException', contain);
  }
  logger.info('stopped');
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function option({ flag, value, env, fallback, help }: Setting): Option {
  const described = `${help} (env: ${env}${fallback === undefined ? '' : `; default: ${fallback}`})`;
  return new Option(value === undefined ? flag : `${flag} <${value}>`, described);
}

/** commander names options after their flags; the settings have names of their own. */
function named(given: Readonly<Record<string, unknown>>): Flags {
  const flags: Partial<Record<SettingName, string | boolean>> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const { flag, value: takesValue }: Setting = SETTINGS[name];
    const attribute = new Option(flag).attributeName();
    const value = given[attribute];
    // A flag `--no-x` is stored as `x`, true unless given.
    if (flag.startsWith('--no-')) {
      if (value === false) flags[name] = true;
    } else if (typeof value === 'string' || (takesValue === undefined && value === true)) flags[name] = value;
  }
  return flags;
}
