/**
 * Copies files into the packages of the clients: the service config, the licence and, for C++, the contract. With `--check` only compares, names each
 * copy that differs, and exits with 1 if there is one.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const COPIES: Readonly<Record<string, readonly string[]>> = {
  'gen/service_config.json': [
    'clients/cpp/service_config.json',
    'clients/go/service_config.json',
    'clients/java/src/main/resources/dev/otpd/service_config.json',
    'clients/php/service_config.json',
    'clients/python/otpd/service_config.json',
    'clients/ruby/lib/otpd/service_config.json',
    'clients/rust/service_config.json',
  ],
  // Every registry expects the licence inside the package.
  LICENSE: ['cpp', 'csharp', 'go', 'java', 'kotlin', 'php', 'python', 'ruby', 'rust', 'scala', 'typescript'].map(
    (language) => `clients/${language}/LICENSE`,
  ),
  // The build of the C++ client generates its code.
  proto: ['clients/cpp/proto'],
};

const isCheck = process.argv.includes('--check');
for (const [original, copies] of Object.entries(COPIES))
  for (const copy of copies) {
    if (!isCheck) {
      rmSync(copy, { recursive: true, force: true });
      cpSync(original, copy, { recursive: true });
    } else if (spawnSync('diff', ['-rq', original, copy], { stdio: ['ignore', 'inherit', 'inherit'] }).status !== 0)
      process.exitCode = 1;
  }

// A module instead of JSON, since a CommonJS build cannot import JSON with an attribute.
const MODULE = 'clients/typescript/src/service-config.ts';
const text = `/** The service config of all client languages: a copy of gen/service_config.json. */
export default ${readFileSync('gen/service_config.json', 'utf8').trim()} as const;
`;
if (!isCheck) writeFileSync(MODULE, text);
else if (readFileSync(MODULE, 'utf8') !== text) {
  process.stdout.write(`${MODULE} differs from gen/service_config.json\n`);
  process.exitCode = 1;
}
