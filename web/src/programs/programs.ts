/** The programs that make the same call as the page. */
import type { Call, Target } from './call.ts';
import { go } from './go.ts';
import { python } from './python.ts';
import { curl, grpcurl } from './shell.ts';
import { typescript } from './typescript.ts';

export type ProgramName = 'grpcurl' | 'curl' | 'TypeScript' | 'Go' | 'Python';

/** The clients of these languages have fronts for these calls alone. */
const FRONTS: ReadonlySet<string> = new Set(['Generate', 'Token', 'Verify', 'WatchToken']);

/** The text of each for a call. */
export const PROGRAMS: Readonly<Record<ProgramName, (call: Call, target: Target) => string>> = {
  grpcurl,
  curl,
  TypeScript: typescript,
  Go: go,
  Python: python,
};

/** The programs that there are for a call. */
export function programsFor({ method }: Call): ProgramName[] {
  const names = Object.keys(PROGRAMS) as ProgramName[];
  return FRONTS.has(method.name) ? names : names.filter((name) => name !== 'Go' && name !== 'Python');
}
