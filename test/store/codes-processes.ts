/** Other processes on the file of a test, with their orders and answers. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Order } from './codes-process.ts';

export interface OtherProcess {
  readonly child: ChildProcess;
  tell(order: Order): Promise<Answer>;
  /** Closes the store of the process and waits until the process has ended; resolves to its exit code. */
  leave(): Promise<number | null>;
}

/** Starts a process, which opens the file. */
export async function startProcess(file: string): Promise<OtherProcess> {
  const child = fork(new URL('./codes-process.ts', import.meta.url), { execArgv: [], serialization: 'advanced' });
  const exited = once(child, 'exit');
  async function tell(order: Order): Promise<Answer> {
    const answered = once(child, 'message');
    child.send(order);
    const [answer] = await Promise.race([answered, exited.then(() => Promise.reject(new Error('the process has ended')))]);
    return answer;
  }
  await tell({ do: 'open', file });
  return {
    child,
    tell,
    async leave() {
      if (child.connected) child.send({ do: 'leave' } satisfies Order);
      return (await exited)[0];
    },
  };
}
