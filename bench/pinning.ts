/** Which core the servers run on and which the load comes from. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The core of the servers, and that of what loads and serves them. */
export type Core = 'server' | 'load';

const NUMBER: Readonly<Record<Core, string>> = { server: '0', load: '1' };

/** All of them, counted before this process moves to one. */
const CORES: number = availableParallelism();

/** Whether processes can be pinned here: a second core, and `taskset`. */
export const isPinned: boolean = CORES > 1 && spawnSync('taskset', ['--version']).status === 0;

/** The command that runs `command` on a core of its own; as it is where nothing can be pinned. */
export function pinned(core: Core, command: readonly [string, ...string[]]): [string, ...string[]] {
  return isPinned ? ['taskset', '-c', NUMBER[core], ...command] : [...command];
}

/** Moves this process to the core of the load: what it does between runs is not to be in the way of a server. */
export function pinSelf(): void {
  if (isPinned) spawnSync('taskset', ['-a', '-c', '-p', NUMBER.load, String(process.pid)]);
}

/** A server that needs several cores shares them with the load, wherever this process is. */
export function onAllCores(command: readonly [string, ...string[]]): [string, ...string[]] {
  return isPinned ? ['taskset', '-c', `0-${CORES - 1}`, ...command] : [...command];
}
