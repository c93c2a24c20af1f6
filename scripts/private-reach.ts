/**
 * Finds places where `src` or the TypeScript client uses private names of Node or of a dependency. Only `src/grpc/fast-path` may, since it applies
 * only to tested versions and nothing depends on it. Prints each place, and exits with 1 if there is one.
 */
import { globSync, readFileSync } from 'node:fs';

const ALLOWED = 'src/grpc/fast-path/';

const REACHES: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/\bas unknown as\b/, 'a cast past the types'],
  [/getOwnPropertySymbols|\[Symbol\.for\(/, 'a look-up of a symbol'],
  [/removeAllListeners|\.rawListeners\(|\.listeners\(/, "a change of somebody else's listeners"],
  [/\bhttp2Servers\b|\bonStreamOpened\b|\bsessionIdleTimeouts\b|\bprocess\.binding\b|\._handle\b/, 'a private name'],
];

const found = globSync(['src/**/*.ts', 'clients/typescript/src/*.ts'])
  .filter((path) => !path.startsWith(ALLOWED))
  .flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        REACHES.filter(([pattern]) => pattern.test(line)).map(([, what]) => `${path}:${index + 1}: ${what}: ${line.trim()}\n`),
      ),
  );
process.stdout.write(found.join(''));
process.exitCode = found.length === 0 ? 0 : 1;
