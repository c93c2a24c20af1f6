/** Assigns one core to the servers and another to the load. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The core of the servers, or the core of the load and of the services that the servers use. */
export type Core = 'server' | 'load';

const NUMBER: Readonly<Record<Core, string>> = { server: '0', load: '1' };

/** The number of all cores, counted before this process moves to one of them. */
const CORES: number = availableParallelism();

/** Whether processes can be pinned: the machine has a second core and `taskset`. */
export const isPinned: boolean = CORES > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Returns the command line that runs `command` on a core; `command` itself if processes cannot be pinned. */
export function pinned(core: Core, command: readonly [string, ...string[]]): [string, ...string[]] {
  return isPinned ? ['taskset', '-c', NUMBER[core], ...command] : [...command];
}

/** Moves this process to the core of the load, so that its work between runs does not disturb a server. */
export function pinSelf(): void {
  if (isPinned) spawnSync('taskset', ['-a', '-c', '-p', NUMBER.load, String(process.pid)]);
}

/** Returns the command line for a server that needs several cores, and shares them with the load. */
export function onAllCores(command: readonly [string, ...string[]]): [string, ...string[]] {
  return isPinned ? ['taskset', '-c', `0-${CORES - 1}`, ...command] : [...command];
}
