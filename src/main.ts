#!/usr/bin/env node
/** The process: its arguments, its signals and its exit code. */
import { processIo } from './cli/io.ts';
import { runProgram } from './cli/program.ts';

await runProgram(processIo(), process.argv.slice(2));
