/** Measures the time from the start of the compiled product to its first answer, and its memory at that moment. */
import { execFileSync } from 'node:child_process';
import { checkCall } from './checks.ts';
import { launch } from './launch.ts';
import { root } from './root.ts';

export interface Start {
  /** The time until a Token is answered over a new connection, from the creation of the process, in ms. */
  readonly ms: number;
  readonly residentBytes: number;
}

/** Compiles the product, as `npm run build` does. */
export function build(): void {
  execFileSync(root('node_modules/.bin/tsc'), ['-p', root('tsconfig.build.json')], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Starts the compiled product. */
export async function timeStart(): Promise<Start> {
  const launched = await launch({ kind: 'installed', limits: true, logs: true });
  try {
    await checkCall(launched, { kind: 'product' }, { call: 'token' });
    const ms = performance.now() - launched.server.startedAt;
    return { ms, residentBytes: launched.server.residentBytes() };
  } finally {
    await launched.stop();
  }
}
