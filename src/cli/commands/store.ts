/** `otpd store`: decisions of an operator about the state in a Redis Cluster. */
import { Command } from 'commander';
import { SETTINGS } from '../../config/settings.ts';
import { openLoss } from '../../store/open.ts';
import { currentOperator, locate, openTrail } from '../input/store-access.ts';
import type { Io } from '../io.ts';
import { localError, usageError } from '../output/failure.ts';
import { writeJson, writeLine } from '../output/text.ts';

interface StoreCommandFlags {
  readonly redisUrl?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const { redisUrl: REDIS_URL } = SETTINGS;

const HELP = `
If a master of a Redis Cluster comes back without its data, otpd serves nothing: used codes that it
forgot would pass again. Restore its data first, from a replica or a backup; otpd then continues by
itself. If that is impossible, this command lets otpd use the lost slots empty. From then on, for
the secrets whose state was there:

  - a code that was accepted in the last minutes is accepted once more while it is valid
  - HOTP counters start where the caller says, and used recovery codes are accepted again
  - wrong codes, locks and calls are counted from zero

If the API keys were there, they are gone: make new ones with \`otpd keys create\`. Without --yes the
command only says what is lost.

Examples:
  $ otpd store accept-loss
  $ otpd store accept-loss --yes`;

/** The command with its subcommand. */
export function storeCommand(io: Io): Command {
  const acceptLoss = new Command('accept-loss')
    .description('continue with a Redis Cluster that has lost a part of its state')
    .option('--redis-url <url>', `the Cluster; it may hold a password, so prefer the environment (env: ${REDIS_URL.env})`)
    .option('--yes', 'accept the loss, with the consequences below')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((flags: StoreCommandFlags) => accept(io, flags));
  return new Command('store').description('manage the state in a Redis Cluster').addCommand(acceptLoss);
}

async function accept(io: Io, flags: StoreCommandFlags): Promise<void> {
  const { redis } = locate(io, flags);
  if (redis === undefined) throw usageError(`without a Redis Cluster: name it by ${REDIS_URL.flag} or ${REDIS_URL.env}`);
  await using loss = await openLoss(redis, (text) => writeLine(io.stderr, `warning: ${text}`));
  const { slots, masters, isOfKeys } = loss;
  const isAccepted = slots > 0 && flags.yes === true;
  if (isAccepted) {
    using parts = new DisposableStack();
    const { audit } = parts.adopt(openTrail(io), (trail) => trail.close());
    await loss.accept();
    audit({ actor: currentOperator(), event: 'store.loss_accepted', slots, masters });
  }
  if (flags.json) writeJson(io.stdout, { lostSlots: slots, masters, apiKeysLost: isOfKeys, accepted: isAccepted });
  else writeLine(io.stdout, told(slots, masters, isOfKeys, isAccepted));
  if (slots > 0 && !isAccepted)
    throw localError('nothing was changed: `otpd store accept-loss --help` says what the loss means, and --yes accepts it');
}

function told(slots: number, masters: readonly string[], isOfKeys: boolean, isAccepted: boolean): string {
  if (slots === 0) return 'nothing is lost';
  const keys = isOfKeys ? ', and with them all API keys: make new ones with `otpd keys create`' : '';
  const what = `${slots} of 16384 slots, on ${masters.join(', ')}${keys}`;
  return isAccepted ? `accepted the loss of ${what}` : `lost: ${what}`;
}
