/** Starts the example apps as their README describes, each installed in a new folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { execute, type Outcome } from './runner.ts';

export const LANGUAGES = ['typescript', 'python', 'go'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The commands that start an app which is installed in a folder. */
const START: Readonly<Record<Language, (folder: string) => readonly [string, ...string[]]>> = {
  typescript: (folder) => [process.execPath, join(folder, 'typescript', 'app.ts')],
  python: (folder) => [join(folder, '.venv/bin/python'), join(folder, 'python', 'app.py')],
  go: (folder) => [join(folder, 'app')],
};

/** The commands that install an app in a folder. The tools of each language are those of `npm run test:clients`. */
const INSTALL: Readonly<Record<Language, string>> = {
  // Like `npm install` in the folder, but with a built package instead of the folder of its sources.
  typescript:
    'npm pack --silent --pack-destination "$1" ./clients/typescript >/dev/null && cd "$1/typescript" && npm install --silent --no-audit --no-fund --save=false ../otpd-client-*.tgz',
  python: 'python3 -m venv "$1/.venv" && "$1/.venv/bin/pip" install --quiet --disable-pip-version-check ./clients/python',
  go: 'cd examples/go && go build -o "$1/app" .',
};

export interface Example extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/`. */
  readonly url: string;
  /** Returns its output on standard error. */
  readonly log: () => string;
}

/** The commands that run another program with the packages of an app. Go apps are compiled, so there is no command for them. */
const RUN: Readonly<Partial<Record<Language, (folder: string) => readonly [command: string, program: string]>>> = {
  typescript: (folder) => [process.execPath, join(folder, 'typescript', 'program.mts')],
  python: (folder) => [join(folder, '.venv/bin/python'), join(folder, 'program.py')],
};

/** An installed app, which tests can start any number of times. */
export interface Installed {
  /** Runs a program with the packages of the app. */
  readonly run: (text: string, apiKey: string) => Promise<Outcome>;
  readonly start: (address: string, apiKey: string) => Promise<Example>;
  readonly remove: () => void;
}

export async function install(language: Language): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-example-'));
  cpSync(resolve('examples', language), join(folder, language), { recursive: true });
  const { exitCode, stderr } = await execute('bash', ['-euo', 'pipefail', '-c', INSTALL[language], 'install', folder], 280_000);
  if (exitCode !== 0) throw new Error(`${language} is not installed: ${stderr}`);
  return {
    run: async (text, apiKey) => {
      const [command, program] = RUN[language]?.(folder) ?? [];
      if (command === undefined || program === undefined) throw new Error(`${language} runs no single file`);
      writeFileSync(program, text);
      return execute(command, [program], 60_000, { OTPD_API_KEY: apiKey });
    },
    start: (address, apiKey) => start(START[language](folder), address, apiKey),
    remove: () => existsSync(folder) && rmSync(folder, { recursive: true }),
  };
}

async function start([command, ...args]: readonly [string, ...string[]], address: string, apiKey: string): Promise<Example> {
  const env = { ...process.env, OTPD_ADDRESS: address, OTPD_API_KEY: apiKey, PORT: '0' };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const written: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => written.push(text));
  const [first] = await Promise.race([once(createInterface(child.stdout), 'line'), ended(child)]);
  if (typeof first !== 'string') throw new Error(`it ended: ${written.join('')}`);
  return {
    url: first,
    log: () => written.join(''),
    [Symbol.asyncDispose]: async () => {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}

async function ended(child: ChildProcess): Promise<[undefined]> {
  await once(child, 'exit');
  return [undefined];
}
