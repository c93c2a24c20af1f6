/**
 * Checks that the committed files are current: the code in every language, the descriptor set, the API reference, the OpenAPI documents, and the
 * copies of the service config and of the contract. Exits with 1 if a file is not. A language whose plugins cannot be installed is named; with
 * `CI=true` it is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A plugin of buf.gen.yaml. */
interface Plugin {
  readonly text: string;
  /** The folder that the plugin writes. */
  readonly out: string;
  readonly installed: boolean;
}

const DOCUMENTS = ['openapi.json', 'openapi-admin.json', 'openapi-rest.json', 'otpd.postman_collection.json'];
const folder = mkdtempSync(join(tmpdir(), 'otpd-generated-'));
try {
  run('scripts/install-plugins');
  const [head = '', ...entries] = readFileSync('buf.gen.yaml', 'utf8').split(/^(?= {2}- (?:local|protoc_builtin): )/m);
  const plugins = entries.map(readPlugin);
  const usable = plugins.filter(({ installed }) => installed);
  const outs = [...new Set(usable.map(({ out }) => out))];
  const template = head + usable.map(({ text }) => text).join('');
  require(run('buf', 'generate', '--template', template, '--output', folder));
  for (const out of outs) require(run('diff', '-rq', join(folder, out), out));
  require(run('scripts/descriptor-set', join(folder, 'otp.binpb')));
  require(run('cmp', join(folder, 'otp.binpb'), 'gen/otp.binpb'));
  require(run('node', 'scripts/api-docs.ts', '--check'));
  require(run('scripts/openapi-documents', folder));
  for (const document of DOCUMENTS) require(run('cmp', join(folder, document), join('gen', document)));
  require(run('node', 'scripts/copies.ts', '--check'));

  const unchecked = new Set(plugins.filter(({ installed }) => !installed).map(({ out }) => out));
  if (unchecked.size > 0) {
    process.stdout.write(`not checked, since the plugins are not installed: ${[...unchecked].join(', ')}\n`);
    require(process.env['CI'] !== 'true');
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function readPlugin(text: string): Plugin {
  const out = /^ {4}out: (\S+)$/m.exec(text)?.[1];
  if (out === undefined) throw new Error('a plugin in buf.gen.yaml without an `out`');
  return { text, out, installed: [...text.matchAll(/\.plugins\/[\w./-]+/g)].every(([file]) => existsSync(file)) };
}

/** Runs a command with the output of this process. Returns whether it succeeded. */
function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

function require(good: boolean): void {
  if (!good) process.exitCode = 1;
}
