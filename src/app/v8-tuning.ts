/** The V8 settings of this program: for a small and quick start first, for repeated work later (docs/performance.md). */
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/**
 * Call this before the program loads its other modules. Load them with `import()`, since Node compiles static imports first.
 *
 * The code of a start runs once, so to optimise it costs more than it gains. Most objects of a start stay alive, so a larger young generation
 * would not help. Compiled code is cached for the next start in a folder of the user, since other users must not be able to write to it.
 */
export function tuneForStart(): void {
  setFlagsFromString('--no-turbofan');
  setFlagsFromString('--no-maglev');
  setFlagsFromString('--semi-space-growth-factor=1');
  enableCompileCache(join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'otpd'));
}

/**
 * Undoes the V8 settings of `tuneForStart`, for a process that repeats the same work. V8 optimises code sooner than by default, because it keeps the
 * closures of ended calls until it has optimised their code: at 4,000 calls/s a young collection takes 2 ms instead of 15.
 *
 * Pretenuring is off: V8 sees objects of calls in progress survive and takes them for long-lived. It would allocate such objects in the old
 * generation, where each keeps its call alive until the next full collection.
 */
export function tuneForServing(): void {
  setFlagsFromString('--turbofan');
  setFlagsFromString('--maglev');
  setFlagsFromString('--semi-space-growth-factor=2');
  setFlagsFromString('--invocation-count-for-turbofan=500');
  setFlagsFromString('--no-allocation-site-pretenuring');
}
