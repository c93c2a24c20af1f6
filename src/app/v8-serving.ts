/** The settings of Node for a process that has started, and now does the same things many times. */
import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 optimise, and the young generation grow, as they do unless `v8-startup.ts` says otherwise.
 *
 * Code is optimised sooner than by default: where that is late, the streams of calls that have ended live on until it is
 * (docs/performance.md).
 */
export function expectWork(): void {
  setFlagsFromString('--turbofan');
  setFlagsFromString('--maglev');
  setFlagsFromString('--semi-space-growth-factor=2');
  setFlagsFromString('--invocation-count-for-turbofan=500');
}
