#!/usr/bin/env node
/** The process: its arguments, its signals and its exit code. */
import { tuneForStart } from './app/v8-tuning.ts';

/** How long leftovers, such as a handshake that a caller never ends, may delay the end of the process, in ms. */
const LINGER_MS = 5000;

tuneForStart();
const { processIo } = await import('./cli/io.ts');
const { runProgram } = await import('./cli/program.ts');
await runProgram(processIo(), process.argv.slice(2));
setTimeout(() => process.exit(), LINGER_MS).unref();
