/** `otpd keys`: makes, lists, rotates and revokes API keys, in the store itself or through a server. */
import { Command, Option } from 'commander';
import { tuneForServing } from '../../app/v8-tuning.ts';
import { CALLER_SCOPES, DEFAULT_TENANT, SCOPES, type Scope } from '../../ports/principal.ts';
import { addServerOptions } from '../input/admin-server.ts';
import type { NewSecret, ShownKey } from '../input/key-admin.ts';
import { checkNewKey, type KeyAdminFlags, withKeyAdmin } from '../input/open-key-admin.ts';
import { type Expiry, parseExpiry, parseScopes, parseSpan } from '../input/parsers.ts';
import { canAsk, confirm } from '../input/prompt.ts';
import { addStoreOptions } from '../input/store-access.ts';
import { formatDuration, formatInstant } from '../input/time.ts';
import type { Io } from '../io.ts';
import { usageError } from '../output/failure.ts';
import { describeKey, keyJson, keyList, keyPage, keyTable } from '../output/key-view.ts';
import { printable, writeJson, writeLine } from '../output/text.ts';

interface KeysFlags extends KeyAdminFlags {
  readonly json?: boolean;
}

interface CreateFlags extends KeysFlags {
  readonly name: string;
  readonly plan: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly expires: Expiry;
}

/** The default, as for the first API key: a plan limits a calling service, and not one user. */
const DEFAULT_PLAN = 'ultra';
const DEFAULT_GRACE = '24h';

const EXPORT_WARNING =
  'warning: with the scope export this API key turns every sealed key of its tenant into codes and secrets: give it to no service that only checks codes';

const HELP = `
These commands write to the store, so the server need not be running. A running server applies
changes within half a second. With --server they call a server instead, which needs an API key
with the scope admin. An API key is shown once, when it is made. The store holds only its digest.

Examples:
  $ export OTPD_API_KEY=$(otpd keys create --name billing --plan pro --scopes token,verify --expires 90d)
  $ otpd keys create --name vault --tenant acme --scopes generate,verify,seal
  $ otpd keys list
  $ otpd keys rotate ID --grace 7d
  $ otpd keys revoke ID
  $ OTPD_API_KEY=otpd_... otpd keys list --server otpd.example.com:50051 --tls`;

/** The command with its subcommands. */
export function keysCommand(io: Io): Command {
  const keys = new Command('keys').description('manage the API keys of the service').addHelpText('after', HELP);
  for (const command of [create(io), list(io), show(io), rotate(io), revoke(io)]) {
    keys.addCommand(addServerOptions(addStoreOptions(command).option('--json', 'print JSON, one object per line')));
  }
  return keys;
}

function create(io: Io): Command {
  return new Command('create')
    .description('make an API key and print it once')
    .requiredOption('--name <name>', 'who or what the API key is for')
    .option('--plan <plan>', 'the plan that limits the calls with the API key', DEFAULT_PLAN)
    .option('--tenant <name>', 'the tenant whose sealed keys it opens; cannot be changed later', DEFAULT_TENANT)
    .addOption(
      new Option('--scopes <scopes>', `the calls that it may make, from ${SCOPES.join(',')}`)
        .argParser(parseScopes)
        .default(CALLER_SCOPES, CALLER_SCOPES.join(',')),
    )
    .addOption(
      new Option('--expires <when>', 'a duration such as 90d, a date or time such as 2027-01-31 (UTC), or never')
        .argParser(parseExpiry)
        .default(() => undefined, 'never'),
    )
    .option('--plans <file>', 'JSON file of the plans, if the server has its own (env: OTPD_PLANS)')
    .action(async ({ name, plan, tenant, scopes, expires, ...flags }: CreateFlags) => {
      const now = Date.now();
      const expiresAt = expires(now);
      if (expiresAt !== undefined && expiresAt <= now) throw usageError('--expires must be a moment in the future');
      const input = { name, plan, tenant, scopes, expiresAt };
      checkNewKey(io, flags, input, now);
      const { apiKey, key } = await withKeyAdmin(io, { ...flags, create: true }, (admin) => admin.create(input));
      const until = key.expiresAt === undefined ? 'never expires' : `expires ${formatInstant(key.expiresAt)}`;
      const ofTenant = tenant === DEFAULT_TENANT ? '' : `tenant ${tenant}, `;
      const told = `API key ${key.id} (${printable(name)}, plan ${plan}, ${ofTenant}${key.scopes.join(',')}) ${until}`;
      if (scopes.includes('export')) writeLine(io.stderr, EXPORT_WARNING);
      showApiKey(io, flags, { apiKey, key, told });
    });
}

interface ListFlags extends KeysFlags {
  readonly all?: boolean;
  readonly wide?: boolean;
}

function list(io: Io): Command {
  return new Command('list')
    .description('list API keys, oldest first')
    .option('--all', 'on a terminal, list revoked and expired API keys too')
    .option('--wide', 'on a terminal, print all columns, and times in RFC 3339')
    .action(async (flags: ListFlags) => {
      // There may be many keys.
      tuneForServing();
      const records = await withKeyAdmin(io, flags, async (admin) => {
        const found: ShownKey[] = [];
        for await (const key of admin.list()) found.push(key);
        return found;
      });
      const now = Date.now();
      if (flags.json) for (const record of records) writeJson(io.stdout, keyJson(record, now));
      else if (io.stdout.isTTY) for (const line of keyList(io, records, now, flags)) writeLine(io.stdout, line);
      else for (const line of keyTable(records, now)) writeLine(io.stdout, line);
    });
}

function show(io: Io): Command {
  return new Command('show')
    .description('show an API key')
    .argument('<ID>', 'the id of the API key')
    .action(async (id: string, flags: KeysFlags) => {
      showRecord(io, flags, await withKeyAdmin(io, flags, (admin) => admin.find(id)));
    });
}

function rotate(io: Io): Command {
  return new Command('rotate')
    .description('make a new secret for an API key and print it once')
    .argument('<ID>', 'the id of the API key')
    .addOption(
      new Option('--grace <duration>', 'how long the old secret keeps working')
        .argParser(parseSpan)
        .default(parseSpan(DEFAULT_GRACE), DEFAULT_GRACE),
    )
    .action(async (id: string, flags: KeysFlags & { grace: number }) => {
      const { apiKey, key } = await withKeyAdmin(io, flags, (admin) => admin.rotate(id, flags.grace));
      const end = flags.grace === 0 ? 'no longer works' : `works for another ${formatDuration(flags.grace)}`;
      showApiKey(io, flags, { apiKey, key, told: `API key ${key.id} has a new secret; the old one ${end}` });
    });
}

function revoke(io: Io): Command {
  return new Command('revoke')
    .description('revoke an API key permanently')
    .argument('<ID>', 'the id of the API key')
    .option('--yes', 'do not ask for confirmation; without a terminal there is no question')
    .action(async (id: string, flags: KeysFlags & { readonly yes?: boolean }) => {
      const { key, isNews } = await withKeyAdmin(io, flags, async (admin) => {
        if (flags.yes !== true && canAsk(io)) await askToRevoke(io, await admin.find(id));
        return admin.revoke(id);
      });
      const now = Date.now();
      if (flags.json) writeJson(io.stdout, keyJson(key, now));
      else writeLine(io.stdout, isNews ? `revoked ${describeKey(key, now)}` : `${key.id} was already revoked`);
    });
}

/** Shows the key and asks before it is revoked; throws unless the answer is yes. */
async function askToRevoke(io: Io, key: ShownKey): Promise<void> {
  if (key.revokedAt !== undefined) return;
  const question = `Revoke ${describeKey(key, Date.now())}? Its calls fail within a second, and this cannot be undone.`;
  if (!(await confirm(io, question))) throw usageError('nothing is revoked');
}

/** Prints only the key on standard output, so that `KEY=$(otpd keys create ...)` works, and notes on standard error. */
function showApiKey(io: Io, flags: KeysFlags, { apiKey, key, told }: NewSecret & { readonly told: string }): void {
  if (flags.json) {
    writeJson(io.stdout, { apiKey, key: keyJson(key, Date.now()) });
    return;
  }
  writeLine(io.stderr, `${told}. It is shown only once:`);
  writeLine(io.stdout, apiKey);
}

function showRecord(io: Io, flags: KeysFlags, record: ShownKey): void {
  const now = Date.now();
  if (flags.json) writeJson(io.stdout, keyJson(record, now));
  else for (const line of keyPage(record, now)) writeLine(io.stdout, line);
}
