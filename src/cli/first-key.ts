/** The first start: makes an API key if there is none, and shows how to use it. */
import { issueApiKey } from '../auth/api-key.ts';
import { type Plans, planOf } from '../limits/plans.ts';
import { CALLER_SCOPES } from '../ports/principal.ts';
import type { KeyStore } from '../ports/store.ts';

const FIRST_PLAN = 'ultra';
/** Types are stripped in a checkout alone; the package has JavaScript, and no development dependencies. */
const IN_CHECKOUT: boolean = import.meta.url.endsWith('.ts');

/** What to tell about the first key. */
export interface FirstKey {
  /** The lines for a person: the key and commands to paste if it was made just now, one line otherwise. */
  readonly introduce: (address: string, tls: boolean) => string[];
}

/** Makes the first API key if the store has none; of several processes that start at once, one does. */
export async function ensureFirstKey(keys: KeyStore, plans: Plans, now: number): Promise<FirstKey> {
  const plan = planOf(plans, FIRST_PLAN).name;
  const { apiKey, record } = issueApiKey({ name: 'first', plan, scopes: CALLER_SCOPES }, now);
  const made = await keys.insertFirst(record);
  if (!made)
    return { introduce: () => ['API keys exist already: see them with `otpd keys list`, make another with `otpd keys create`.'] };
  return { introduce: (address, tls) => introduction(apiKey, plan, address, tls) };
}

function introduction(apiKey: string, plan: string, address: string, tls: boolean): string[] {
  const reachable = address.replace(/^(0\.0\.0\.0|\[::\])/, '127.0.0.1');
  const body = `'{"issuer": "ACME", "account_name": "alice@example.com"}'`;
  const header = `-H 'x-api-key: ${apiKey}' -d ${body}`;
  const curl = tls ? `https://${reachable}` : `--http2-prior-knowledge http://${reachable}`;
  return [
    '',
    `Your first API key (plan ${plan}), shown this once and stored only as a digest:`,
    '',
    `  ${apiKey}`,
    '',
    'Make a first call with buf curl:',
    '',
    `  npx ${IN_CHECKOUT ? 'buf' : '@bufbuild/buf'} curl --protocol grpc ${header} ${curl}/otp.v1.OtpService/Generate`,
    '',
    'or with grpcurl:',
    '',
    `  grpcurl ${tls ? '' : '-plaintext '}${header} ${reachable} otp.v1.OtpService/Generate`,
    '',
    'or with the command line of otpd, which draws the QR code here:',
    '',
    `  OTPD_ADDRESS=${reachable} OTPD_API_KEY=${apiKey} ${IN_CHECKOUT ? 'npm run otpd --' : 'otpd'} generate --issuer ACME --account alice@example.com`,
    '',
    'Stop the server with Ctrl-C.',
    '',
  ];
}
