/** The tools of `npm run test:deploy`, and the messages for missing tools. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));
const TOOLS = `${ROOT}.plugins/deploy`;
/** The most output of a tool, in bytes. */
const MOST_SAID = 64 * 2 ** 20;

/** The paths of programs and folders. */
export interface Tools {
  readonly hadolint: string;
  readonly kubernetesValidate: string;
  readonly helm4: string;
  readonly helm3: string;
  readonly compose: string;
  /** A module with the schemas of the Prometheus operator. */
  readonly operator: string;
  /** The root of a small Debian. */
  readonly debian: string;
  /** The images and containers of these tests. */
  readonly storage: string;
  readonly buildah: string;
  readonly runc: string;
  readonly promtool: string;
  readonly systemdAnalyze: string;
}

/** The places in which `scripts/deploy-tools` and Debian install them. */
export const tool: Tools = {
  hadolint: `${TOOLS}/python/bin/hadolint`,
  kubernetesValidate: `${TOOLS}/python/bin/kubernetes-validate`,
  helm4: `${TOOLS}/helm/helm4`,
  helm3: `${TOOLS}/helm/helm3`,
  compose: `${TOOLS}/compose/cmd`,
  operator: `${TOOLS}/operator/node_modules/@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/index.js`,
  debian: `${TOOLS}/debian/root`,
  storage: `${TOOLS}/storage`,
  buildah: installed('buildah'),
  runc: installed('runc'),
  promtool: installed('promtool'),
  systemdAnalyze: installed('systemd-analyze'),
};

/** Returns the path of a program; its usual path if it is not installed. */
function installed(name: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? `/usr/bin/${name}`;
}

/** Returns a message with the missing files; undefined if all exist. */
export function missing(...files: readonly string[]): string | undefined {
  const absent = files.filter((file) => !existsSync(file));
  if (absent.length === 0) return undefined;
  return `${absent.join(', ')} ${absent.length === 1 ? 'is' : 'are'} not there (see scripts/deploy-tools)`;
}

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end, whether or not it succeeds. */
export function outcomeOf(
  program: string,
  args: readonly string[],
  { input, cwd = ROOT, env = process.env }: RunOptions = {},
): Outcome {
  const { status, stdout, stderr, error }: SpawnSyncReturns<string> = spawnSync(program, args, {
    encoding: 'utf8',
    cwd,
    env,
    maxBuffer: MOST_SAID,
    ...(input !== undefined && { input }),
  });
  if (error !== undefined) throw error;
  return { code: status, out: stdout, err: stderr };
}

/** Runs a program that must succeed; returns its output. */
export function run(program: string, args: readonly string[], options?: RunOptions): string {
  const { code, out, err } = outcomeOf(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} exits with ${code}:\n${out}${err}`);
  return out;
}
