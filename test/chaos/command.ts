/** Runs a command of otpd as an operator does, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Cluster } from './cluster.ts';
import { COMPILE_CACHE, MAIN } from './instance.ts';

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** Runs it on the store of a cluster. */
export function otpd({ env }: Pick<Cluster, 'env'>, args: readonly string[], stdin: string = ''): Promise<Ran> {
  return runCommand(MAIN, env, args, stdin);
}

/** Runs the otpd that the file `main` starts. */
export async function runCommand(
  main: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[],
  stdin: string = '',
): Promise<Ran> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
  });
  child.stdin.end(stdin);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, code };
}
