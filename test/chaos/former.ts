/** An earlier otpd from the history of this repository, to test upgrades from a real program. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The last commit before clusters of machines, images and packages: schema 7, and all of Redis on one node. */
const COMMIT = '6cccf9dbb6826bf9d051ad6a31f1a6d3bd0b2882';
/** The paths that a server needs. */
const PATHS = ['package.json', 'src', 'gen/ts', 'gen/service_config.json'];

export interface FormerOtpd extends Disposable {
  /** The file that starts the program. */
  readonly main: string;
  /** The version of the SQLite file that the program writes. */
  readonly schema: number;
}

/** Checks the program out into a new folder, with the present dependencies. Throws if the history lacks the commit. */
export function checkOutFormer(): FormerOtpd {
  if (spawnSync('git', ['cat-file', '-e', `${COMMIT}^{commit}`]).status !== 0)
    throw new Error(
      `the history lacks commit ${COMMIT}, which upgrades are tried from: fetch all of it (git fetch --unshallow), or clone without --depth`,
    );
  const folder = mkdtempSync(join(tmpdir(), 'otpd-former-'));
  const archive = execFileSync('git', ['archive', COMMIT, ...PATHS], { maxBuffer: 2 ** 28 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const schema = /SCHEMA_VERSION = (\d+)/.exec(readFileSync(join(folder, 'src/store/sqlite/schema.ts'), 'utf8'))?.[1];
  return {
    main: join(folder, 'src/main.ts'),
    schema: Number(schema),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
