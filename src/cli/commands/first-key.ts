/** The first start: makes an API key if none exists, and shows how to use it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { issueApiKey, revokeApiKey } from '../../auth/api-key.ts';
import { reachableAt } from '../../config/listen-address.ts';
import { type Plans, planOf } from '../../limits/plans.ts';
import { CALLER_SCOPES } from '../../ports/principal.ts';
import type { KeyStore } from '../../ports/store.ts';
import { fileTrouble } from '../output/failure.ts';
import { shellWord } from '../output/text.ts';

const FIRST_PLAN = 'ultra';
/** Types are stripped in a checkout alone; the package has JavaScript, and no development dependencies. */
const IN_CHECKOUT: boolean = import.meta.url.endsWith('.ts');

/** The message about the first key. */
export interface FirstKey {
  /** The lines for a person: the key or its file and commands to paste if it was made just now, one line otherwise. */
  readonly introduce: (address: string, tls: boolean, http: HttpDoor | undefined) => string[];
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
  const title = [`Your first API key (plan ${plan}), shown this once and stored only as a digest:`, '', `  ${apiKey}`];
  return {
    // Browsers keep what follows the # to themselves.
    introduce: (address, tls, http) => introduction(title, apiKey, address, tls, http, `#key=${apiKey}`),
  };
}

function written(file: string, plan: string): FirstKey {
  const title = [
    `Your first API key (plan ${plan}) is in this file; the server has only a digest. Take it from there, and remove the file:`,
    '',
    `  ${file}`,
  ];
  return { introduce: (address, tls, http) => introduction(title, `$(cat ${shellWord(file)})`, address, tls, http, '') };
}

function known(): FirstKey {
  return { introduce: () => ['API keys exist already: see them with `otpd keys list`, make another with `otpd keys create`.'] };
}

function unwritten(file: string, error: unknown): FirstKey {
  const why = `${file} cannot be written: ${fileTrouble(error)}`;
  return { introduce: () => [`There is no API key, since ${why}. Make one with \`otpd keys create\`.`] };
}

/**
 * The lines: the title, and a first call by each program and on the page, if there is one. `apiKey` is the key or what a shell makes it of;
 * `fragment` hands it to the page.
 */
function introduction(
  title: readonly string[],
  apiKey: string,
  address: string,
  tls: boolean,
  http: HttpDoor | undefined,
  fragment: string,
): string[] {
  const reachable = reachableAt(address);
  const body = `'{"issuer": "ACME", "account_name": "alice@example.com"}'`;
  const header = `-H "x-api-key: ${apiKey}" -d ${body}`;
  const json = `-H 'content-type: application/json' `;
  const curl = tls ? `https://${reachable}` : `--http2-prior-knowledge http://${reachable}`;
  return [
    '',
    ...title,
    '',
    'Make a first call with buf curl:',
    '',
    `  npx ${IN_CHECKOUT ? 'buf' : '@bufbuild/buf'} curl --protocol grpc ${header} ${curl}/otp.v1.OtpService/Generate`,
    '',
    'or with grpcurl:',
    '',
    `  grpcurl ${tls ? '' : '-plaintext '}${header} ${reachable} otp.v1.OtpService/Generate`,
    '',
    ...(http === undefined
      ? []
      : ['or with curl, over HTTP:', '', `  curl ${json}${header} ${http.origin}/otp.v1.OtpService/Generate`, '']),
    'or with the command line of otpd, which draws the QR code here:',
    '',
    `  OTPD_ADDRESS=${reachable} OTPD_API_KEY=${apiKey} ${IN_CHECKOUT ? 'npm run otpd --' : 'otpd'} generate --issuer ACME --account alice@example.com`,
    '',
    ...(http?.hasPage ? ['or in a browser:', '', `  ${http.origin}/${fragment}`, ''] : []),
    'Stop the server with Ctrl-C.',
    '',
  ];
}
