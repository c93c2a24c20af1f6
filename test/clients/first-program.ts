/** Runs the programs of a package: the first program of its README in an empty project, as the README describes, and its examples. */
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../support/server.ts';
import { execute, type Outcome, RUNNERS } from './runner.ts';

interface Place {
  readonly readme: string;
  /** The info string of the language's code blocks in the README. */
  readonly fence: string;
  /** The index of the block with the program, from 0. */
  readonly block: number;
}

/** The programs that are not the first block of clients/<language>/README.md. */
const PLACES: Readonly<Record<string, Partial<Place>>> = {
  typescript: { fence: 'ts' },
  'python-asyncio': { readme: 'clients/python/README.md', fence: 'python', block: 1 },
};

/** Returns the examples of a package. The asyncio client is in the Python package, and the runner for Python runs its examples. */
export const examplesOf = (language: string): string[] => globSync(`clients/${language}/examples/*`).sort();

/** Runs the first program of a language against a server with a new API key. */
export async function runFirstProgram(language: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-first-'));
  try {
    const [program, project] = [join(folder, 'program'), join(folder, 'project')];
    writeFileSync(program, programOf(language));
    mkdirSync(project);
    return await runWithServer(join(RUNNERS, language, 'first-program'), [program, project]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs an example against a server with a new API key, and with the package that `build` has built. */
export const runExample = (language: string, file: string): Promise<Outcome> =>
  runWithServer(join(RUNNERS, language, 'example'), [file]);

async function runWithServer(command: string, args: readonly string[]): Promise<Outcome> {
  const server = await startServer();
  try {
    return await execute(command, args, 280_000, { OTPD_ADDRESS: server.address, OTPD_API_KEY: server.apiKey });
  } finally {
    await server.close();
  }
}

function programOf(language: string): string {
  const { readme, fence, block }: Place = {
    readme: `clients/${language}/README.md`,
    fence: language,
    block: 0,
    ...PLACES[language],
  };
  const blocks = readFileSync(readme, 'utf8').matchAll(new RegExp(`^\`\`\`${fence}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'));
  const program = [...blocks][block]?.[1];
  if (program === undefined) throw new Error(`${readme} has no such block of ${fence}`);
  return program;
}
