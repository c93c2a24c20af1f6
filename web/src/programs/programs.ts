/** The programs that make the same call as the page. */
import type { Call, Target } from './call.ts';
import { go } from './go.ts';
import { python } from './python.ts';
import { curl, grpcurl } from './shell.ts';
import { typescript } from './typescript.ts';

export type ProgramName = 'grpcurl' | 'curl' | 'TypeScript' | 'Go' | 'Python';

/** The functions that write a program for a call. */
export const PROGRAMS: Readonly<Record<ProgramName, (call: Call, target: Target) => string>> = {
  grpcurl,
  curl,
  TypeScript: typescript,
  Go: go,
  Python: python,
};
