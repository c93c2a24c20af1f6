/** Runs the first program in the README of a package, in an empty project, as the README says. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../support/server.ts';
import { execute, type Outcome, RUNNERS } from './runner.ts';

/** How READMEs mark blocks of a language, where it is not by its name. */
const FENCES: Readonly<Record<string, string>> = { typescript: 'ts' };

/** Runs the program of a language against a server with a key of its own. */
export async function runFirstProgram(language: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-first-'));
  const server = await startServer();
  try {
    const [program, project] = [join(folder, 'program'), join(folder, 'project')];
    writeFileSync(program, firstBlock(readmeOf(language), FENCES[language] ?? language));
    mkdirSync(project);
    const env = { OTPD_ADDRESS: server.address, OTPD_API_KEY: server.apiKey };
    return await execute(join(RUNNERS, language, 'first-program'), [program, project], 280_000, env);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function readmeOf(language: string): string {
  return readFileSync(language === 'typescript' ? 'src/client/README.md' : `gen/${language}/README.md`, 'utf8');
}

function firstBlock(markdown: string, fence: string): string {
  const [, program] = new RegExp(`^\`\`\`${fence}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(markdown) ?? [];
  if (program === undefined) throw new Error(`the README has no block of ${fence}`);
  return program;
}
