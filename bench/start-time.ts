/** How long the product takes from its start to its first answered call, and how much memory it has then: as it is installed, compiled. */
import { execFileSync } from 'node:child_process';
import { checkCall } from './checks.ts';
import { launch } from './launch.ts';
import { root } from './root.ts';

export interface Start {
  /** The process made, listening, and a Token answered, over a new connection. */
  readonly ms: number;
  readonly residentBytes: number;
}

/** Compiles the product, as `npm run build` does. */
export function build(): void {
  execFileSync(root('node_modules/.bin/tsc'), ['-p', root('tsconfig.build.json')], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Starts what was built. */
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
