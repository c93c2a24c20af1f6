/** Runs a command of otpd in a process, as an operator does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { COMPILE_CACHE, MAIN } from './instance.ts';

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

type Environment = Readonly<Record<string, string>>;

/** Runs a command on the store of a cluster. */
export function otpd({ env }: { readonly env: Environment }, args: readonly string[], stdin: string = ''): Promise<Ran> {
  return runCommand(MAIN, env, args, stdin);
}

/** Runs a command of the otpd that the file `main` starts. */
export async function runCommand(main: string, env: Environment, args: readonly string[], stdin: string = ''): Promise<Ran> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
  });
  child.stdin.end(stdin);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, code };
}
