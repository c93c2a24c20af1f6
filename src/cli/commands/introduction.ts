/** The first commands to paste. */

/** Types are stripped in a checkout alone; the package has JavaScript, and no development dependencies. */
const IN_CHECKOUT: boolean = import.meta.url.endsWith('.ts');

/** The lines: the title, and a first call by each of three programs. `apiKey` is the key or what a shell makes it of. */
export function introduction(title: readonly string[], apiKey: string, address: string, tls: boolean): string[] {
  const reachable = address.replace(/^(0\.0\.0\.0|\[::\])/, '127.0.0.1');
  const body = `'{"issuer": "ACME", "account_name": "alice@example.com"}'`;
  const header = `-H "x-api-key: ${apiKey}" -d ${body}`;
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
    'or with the command line of otpd, which draws the QR code here:',
    '',
    `  OTPD_ADDRESS=${reachable} OTPD_API_KEY=${apiKey} ${IN_CHECKOUT ? 'npm run otpd --' : 'otpd'} generate --issuer ACME --account alice@example.com`,
    '',
    'Stop the server with Ctrl-C.',
    '',
  ];
}
