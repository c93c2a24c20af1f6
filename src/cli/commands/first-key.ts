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
/** The address that commands call by default. */
const DEFAULT_ADDRESS = SETTINGS.listen.fallback;
/** A checkout runs TypeScript; the package has JavaScript, and no development dependencies. */
const IN_CHECKOUT: boolean = import.meta.url.endsWith('.ts');

/** The outcome of the first start. */
export interface FirstKey {
  /** The lines for a person: the new key or its file, and commands to paste; a single line if no key was made. */
  readonly introduce: (doors: Doors) => string[];
}

/** The addresses of the server. */
export interface Doors {
  /** `127.0.0.1:50051`. */
  readonly address: string;
  readonly tls: boolean;
  /** Undefined for none. */
  readonly http: HttpDoor | undefined;
}

/** The HTTP door as a person reaches it. */
export interface HttpDoor {
  /** `http://127.0.0.1:50080`. */
  readonly origin: string;
  /** Whether the page is served. */
  readonly hasPage: boolean;
}

/** Where the first key is stored and shown. */
export interface FirstKeyOptions {
  readonly plans: Plans;
  readonly dataDir: string;
  /** Whether a person reads standard output: a log file would show the key to everybody who reads logs. */
  readonly isTerminal: boolean;
  /** In ms since the epoch. */
  readonly now: number;
}

/** The file of the first key if standard output is not a terminal. */
export function firstKeyFile(dataDir: string): string {
  return join(dataDir, 'first-api-key');
}

/**
 * Makes the first API key if the store has none. If several processes start at once, only one makes it. If the file of the key cannot be written,
 * revokes the key, which nobody knows then, and says so in the lines.
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
  // Browsers do not send the fragment, the part after the #.
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
 * The title, and a first call to paste, without a secret among the arguments. `apiKey` is the key, or a shell expression for it; `fragment` passes it to the
 * page, if the page is served.
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
