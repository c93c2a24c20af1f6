/** The first start: makes an API key if none exists, and shows how to use it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { issueApiKey, revokeApiKey } from '../../auth/api-key.ts';
import { reachableAt } from '../../config/listen-address.ts';
import { SETTINGS } from '../../config/settings.ts';
import { type Plans, planOf } from '../../limits/plans.ts';
import { CALLER_SCOPES } from '../../ports/principal.ts';
import type { KeyStore } from '../../ports/store.ts';
import { fileTrouble } from '../output/failure.ts';
import { shellWord } from '../output/text.ts';

const FIRST_PLAN = 'ultra';
/** Where commands call if nothing else is said. */
const DEFAULT_ADDRESS = SETTINGS.listen.fallback;
/** Types are stripped in a checkout alone; the package has JavaScript, and no development dependencies. */
const IN_CHECKOUT: boolean = import.meta.url.endsWith('.ts');

/** The outcome of the first start. */
export interface FirstKey {
  /** The lines for a person: the key or its file and commands to paste if it was made just now, one line otherwise. */
  readonly introduce: (doors: Doors) => string[];
}

/** Where the server is reached. */
export interface Doors {
  /** `127.0.0.1:50051`. */
  readonly address: string;
  readonly tls: boolean;
  /** Undefined for none. */
  readonly http: HttpDoor | undefined;
}

/** HTTP as a person reaches it. */
export interface HttpDoor {
  /** `http://127.0.0.1:50080`. */
  readonly origin: string;
  /** Whether the page is served. */
  readonly hasPage: boolean;
}

/** Where the first key goes. */
export interface FirstKeyOptions {
  readonly plans: Plans;
  readonly dataDir: string;
  /** Whether a person sees standard output: a log file would keep the key for everybody who reads logs. */
  readonly isTerminal: boolean;
  /** In ms since the epoch. */
  readonly now: number;
}

/** The file of the first key where standard output is no terminal. */
export function firstKeyFile(dataDir: string): string {
  return join(dataDir, 'first-api-key');
}

/**
 * Makes the first API key if the store has none; of several processes that start at once, one does. Where its file cannot be written the key
 * is revoked again, since nobody knows it, and the lines say so.
 */
export async function ensureFirstKey(keys: KeyStore, { plans, dataDir, isTerminal, now }: FirstKeyOptions): Promise<FirstKey> {
  const plan = planOf(plans, FIRST_PLAN).name;
  const { apiKey, record } = issueApiKey({ name: 'first', plan, scopes: CALLER_SCOPES }, now);
  if (!(await keys.insertFirst(record))) return known();
  if (isTerminal) return shown(apiKey, plan);
  const file = resolve(firstKeyFile(dataDir));
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    // An existing file belongs to another store, and may have another mode.
    rmSync(file, { force: true });
    writeFileSync(file, `${apiKey}\n`, { mode: 0o600, flag: 'wx', flush: true });
    return written(file, plan);
  } catch (error) {
    await keys.update(record.id, (key) => revokeApiKey(key, now));
    return unwritten(file, error);
  }
}

function shown(apiKey: string, plan: string): FirstKey {
  const title = [`  API key  ${apiKey}`, `           plan ${plan}; shown this once, copy it now: the server has only a digest`];
  // Browsers keep what follows the # to themselves.
  return { introduce: (doors) => introduction(title, apiKey, doors, `#key=${apiKey}`) };
}

function written(file: string, plan: string): FirstKey {
  const title = [
    `  API key  ${file}`,
    `           plan ${plan}; take your first API key from this file, and remove it: the server has only a digest`,
  ];
  return { introduce: (doors) => introduction(title, `$(cat ${shellWord(file)})`, doors, '') };
}

function known(): FirstKey {
  return { introduce: () => ['API keys exist already: see them with `otpd keys list`, make another with `otpd keys create`.'] };
}

function unwritten(file: string, error: unknown): FirstKey {
  const why = `${file} cannot be written: ${fileTrouble(error)}`;
  return { introduce: () => [`There is no API key, since ${why}. Make one with \`otpd keys create\`.`] };
}

/**
 * The title, and a first call to paste, with no secret among the arguments. `apiKey` is the key or what a shell makes it of; `fragment` hands it to the
 * page, if there is one.
 */
function introduction(title: readonly string[], apiKey: string, { address, tls, http }: Doors, fragment: string): string[] {
  const reachable = reachableAt(address);
  const command = IN_CHECKOUT ? 'npx otpd' : 'otpd';
  return [
    ...title,
    '',
    'Try it in a second terminal:',
    '',
    `  export OTPD_API_KEY=${apiKey}`,
    ...(reachable === DEFAULT_ADDRESS ? [] : [`  export OTPD_ADDRESS=${reachable}`]),
    ...(tls ? ['  export OTPD_TLS=1'] : []),
    `  ${command} enrol --issuer ACME --account alice@example.com --context alice`,
    '',
    ...(http?.hasPage ? ['or in a browser:', '', `  ${http.origin}/${fragment}`, ''] : []),
    `More: ${command} help. Stop the server with Ctrl-C.`,
    '',
  ];
}
