#!/usr/bin/env node
/** The process: its arguments, its signals and its exit code. */
import { tuneForStart } from './app/v8-tuning.ts';

/** How long what nobody waits for any more, such as a handshake that a caller never ends, may hold the process up, in ms. */
const LINGER_MS = 5000;

tuneForStart();
const { processIo } = await import('./cli/io.ts');
const { runProgram } = await import('./cli/program.ts');
await runProgram(processIo(), process.argv.slice(2));
setTimeout(() => process.exit(), LINGER_MS).unref();
