/** Wraps a store to measure the duration of its operations. */
import type { Store } from '../ports/store.ts';

/** Called at the end of each operation with its name, such as `codes.judge`, its duration in ms, and whether it failed. */
export type StoreOperation = (operation: string, ms: number, hasFailed: boolean) => void;

/** Wraps `store` to call `tell` for each asynchronous operation. Charges that are counted in memory are not measured. */
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
        result.then(
          () => tell(operation, performance.now() - startedAt, false),
          () => tell(operation, performance.now() - startedAt, true),
        );
        return result;
      };
      return [name, measured];
    }),
  );
}
