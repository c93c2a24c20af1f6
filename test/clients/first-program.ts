/** Runs the first program in the README of a package, in an empty project, as the README says. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../support/server.ts';
import { execute, type Outcome, RUNNERS } from './runner.ts';

interface Place {
  readonly readme: string;
  /** How the README marks blocks of the language. */
  readonly fence: string;
  /** Which of them is the program, from 0. */
  readonly block: number;
}

/** Where the programs are that are not the first block in clients/<language>/README.md. */
const PLACES: Readonly<Record<string, Partial<Place>>> = {
  typescript: { fence: 'ts' },
  'python-asyncio': { readme: 'clients/python/README.md', fence: 'python', block: 1 },
};

/** Runs the program of a language against a server with a key of its own. */
export async function runFirstProgram(language: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-first-'));
  const server = await startServer();
  try {
    const [program, project] = [join(folder, 'program'), join(folder, 'project')];
    writeFileSync(program, programOf(language));
    mkdirSync(project);
    const env = { OTPD_ADDRESS: server.address, OTPD_API_KEY: server.apiKey };
    return await execute(join(RUNNERS, language, 'first-program'), [program, project], 280_000, env);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
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
