/** Builds and runs the runner of a language against its own servers. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from './match.ts';
import { type Servers, startServers } from './servers.ts';

export const RUNNERS: string = join(import.meta.dirname, 'runners');
/** The exit code of a `build` whose tools are not installed. */
const NO_TOOLS = 3;

/** The result of a step, as printed. */
export interface Line {
  readonly case: string;
  readonly step: number;
  readonly code: string;
  readonly response?: Json;
  readonly error?: Json;
}

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A whole run, with its record of the wire. */
export interface Run extends Outcome {
  readonly language: string;
  readonly lines: readonly Line[];
  readonly servers: Pick<Servers, 'keys' | 'proxies' | 'logs'>;
}

/** Runs a program to its end, from the root of the repository. After `timeoutMs` it is stopped, and its exit code is null. */
export async function execute(
  command: string,
  args: readonly string[],
  timeoutMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, env: { ...process.env, ...env } });
  const [stdout, stderr]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout: stdout.join(''), stderr: stderr.join('') }));
  });
}

/** Builds the runner of a language; resolves to undefined if its tools are not installed. Rejects with the output if the build fails. */
export async function buildRunner(language: string): Promise<true | undefined> {
  const { exitCode, stdout, stderr } = await execute(join(RUNNERS, language, 'build'), [], 900_000);
  if (exitCode === NO_TOOLS) return undefined;
  if (exitCode !== 0) throw new Error(`${language} does not build:\n${stdout}${stderr}`);
  return true;
}

/** Runs the cases in a language. */
export async function runCases(language: string, cases: readonly object[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-runner-'));
  const servers = await startServers();
  try {
    const config = join(folder, 'config.json');
    writeFileSync(config, JSON.stringify({ servers: servers.endpoints, keys: servers.keys, cases }));
    const outcome = await execute(join(RUNNERS, language, 'run'), [config], 120_000);
    const lines = outcome.stdout.split('\n').filter((line) => line.startsWith('{'));
    return { language, ...outcome, lines: lines.map((line) => JSON.parse(line)), servers };
  } finally {
    await servers.close();
    rmSync(folder, { recursive: true });
  }
}
