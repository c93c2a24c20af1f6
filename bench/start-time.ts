/** How long the product takes from its start to its first answered call. */
import { checkCall } from './checks.ts';
import { launch } from './launch.ts';

/** In ms: the process made, listening, and a Token answered, over a new connection. */
export async function timeStart(): Promise<number> {
  const launched = await launch({ kind: 'product', limits: true, logs: true });
  try {
    await checkCall(launched, { kind: 'product' }, 'token');
    return performance.now() - launched.server.startedAt;
  } finally {
    await launched.stop();
  }
}
