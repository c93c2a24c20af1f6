/** A store whose operations are timed. */
import type { Store } from '../ports/store.ts';

/** Told of each operation that has ended: its name, such as `codes.judge`, how long it took in ms, and whether it failed. */
export type StoreOperation = (operation: string, ms: number, hasFailed: boolean) => void;

/** Wraps `store`: the same, with `tell` told of each operation that waits for it. Charges that are counted in memory do not. */
export function measureStore(store: Store, tell: StoreOperation): Store {
  const part = <P extends object>(name: string, port: P): P => ({ ...port, ...timed(name, port, tell) });
  return {
    ...store,
    keys: part('keys', store.keys),
    codes: part('codes', store.codes),
    recovery: part('recovery', store.recovery),
    limits: part('limits', store.limits),
  };
}

function timed(part: string, port: object, tell: StoreOperation): object {
  const operations = Object.entries(port).filter(
    (entry): entry is [string, (...args: unknown[]) => unknown] => typeof entry[1] === 'function',
  );
  return Object.fromEntries(
    operations.map(([name, run]) => {
      const operation = `${part}.${name}`;
      const measured = (...args: unknown[]): unknown => {
        const startedAt = performance.now();
        const result = run(...args);
        if (!(result instanceof Promise)) return result;
        const end = (hasFailed: boolean) => tell(operation, performance.now() - startedAt, hasFailed);
        result.then(
          () => end(false),
          () => end(true),
        );
        return result;
      };
      return [name, measured];
    }),
  );
}
