/** `otpd health`: asks the operations door of a server on this machine. It is for health checks in containers, which have no `curl`. */
import { get } from 'node:http';
import { Command, Option } from 'commander';
import { loadConfig } from '../../config/config.ts';
import { formatAddress, reachableAt } from '../../config/listen-address.ts';
import { SETTINGS } from '../../config/settings.ts';
import { parseSeconds } from '../input/parsers.ts';
import type { Io } from '../io.ts';
import { EXIT } from '../output/exit.ts';
import { usageError } from '../output/failure.ts';
import { printable, writeJson, writeLine } from '../output/text.ts';

interface HealthFlags {
  readonly opsListen?: string;
  readonly live?: boolean;
  /** In ms. */
  readonly timeout: number;
  readonly json?: boolean;
}

interface Health {
  readonly healthy: boolean;
  readonly url: string;
  /** The answer of the server, or why there is none. */
  readonly detail: string;
}

const { flag, value, env, fallback, help } = SETTINGS.opsListen;
/** More characters than the door ever sends. */
const MOST_SAID = 200;

const HELP = `
Exit codes: 0 the server serves calls; 1 it does not, or does not answer; 2 wrong usage.

Examples:
  $ otpd health
  $ otpd health --live --ops-listen 127.0.0.1:9465`;

/** The command. */
export function healthCommand(io: Io): Command {
  return new Command('health')
    .description('check whether the server on this machine serves calls')
    .option(`${flag} <${value}>`, `${help} (env: ${env}; default: ${fallback})`)
    .option('--live', 'ask whether the process runs (/livez) instead of whether it serves calls (/readyz)')
    .addOption(new Option('--timeout <seconds>', 'how long to wait for an answer').argParser(parseSeconds).default(3000, '3'))
    .option('--json', 'print JSON on one line')
    .addHelpText('after', HELP)
    .action(async ({ opsListen, live, timeout, json }: HealthFlags) => {
      // The other settings may be wrong, or not meant for this command.
      const { ops } = loadConfig(opsListen === undefined ? {} : { opsListen }, { [env]: io.env[env] });
      if (ops === undefined) throw usageError(`the operations door is off: set ${flag}/${env} to ask the server`);
      const health = await ask(
        `http://${reachableAt(formatAddress(ops))}/${live === true ? 'livez' : 'readyz'}`,
        timeout,
        io.signal,
      );
      if (json === true) writeJson(io.stdout, health);
      else writeLine(io.stdout, health.detail);
      if (!health.healthy) io.setExitCode(EXIT.refused);
    });
}

/** Never rejects: a server that does not answer is not healthy. */
function ask(url: string, timeoutMs: number, stop: AbortSignal): Promise<Health> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
  return new Promise((resolve) => {
    const silent = (error: Error): void => resolve({ healthy: false, url, detail: whyNot(url, error, timeoutMs) });
    get(url, { signal, agent: false }, (response) => {
      let said = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        said = (said + text).slice(0, MOST_SAID);
      });
      response.on('error', silent);
      response.on('end', () => resolve({ healthy: response.statusCode === 200, url, detail: printable(said.trim()) }));
    }).on('error', silent);
  });
}

function whyNot(url: string, error: Error, timeoutMs: number): string {
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return `no answer from ${url} within ${timeoutMs / 1000} s`;
  return `nobody answers at ${url}${'code' in error ? ` (${error.code})` : ''}: otpd does not run, or listens elsewhere (${flag}, ${env})`;
}
