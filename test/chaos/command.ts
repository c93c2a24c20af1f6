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
export async function otpd({ env }: Cluster, args: readonly string[], stdin: string = ''): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
  });
  child.stdin.end(stdin);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, code };
}
