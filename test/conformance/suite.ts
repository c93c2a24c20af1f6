/** The official suite: its place and its messages. It is not committed; it is installed from the Go module proxy, below .plugins. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const MODULE = 'connectrpc.com/conformance';
const VERSION = 'v1.0.7';

const BIN = resolve('.plugins/bin');
/** The program that calls the server under test and checks its answers. */
export const PROGRAM: string = join(BIN, 'connectconformance');
/** The messages of the suite, compiled. */
const DESCRIPTORS = resolve(`.plugins/conformance/${VERSION}.binpb`);

/** Installs the program and compiles its messages; quick if both exist. Throws if that fails. */
export function installSuite(): void {
  const installed = existsSync(PROGRAM) ? run(PROGRAM, ['--version']).trim() : '';
  if (installed !== `connectconformance ${VERSION}`) {
    run('go', ['install', `${MODULE}/cmd/connectconformance@${VERSION}`], { GOBIN: BIN });
    rmSync(DESCRIPTORS, { force: true });
  }
  if (existsSync(DESCRIPTORS)) return;
  const { Dir: folder } = JSON.parse(run('go', ['mod', 'download', '-json', `${MODULE}@${VERSION}`])) as { Dir: string };
  mkdirSync(resolve(DESCRIPTORS, '..'), { recursive: true });
  run('node_modules/.bin/buf', ['build', join(folder, 'proto'), '--as-file-descriptor-set', '-o', DESCRIPTORS]);
}

/** Loads the messages and the service of the installed suite. */
export function loadRegistry(): FileRegistry {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(DESCRIPTORS)));
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`);
  return stdout;
}
