/** When V8 optimises a server: not during its start, which runs once, but as soon as it gets calls. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createTestClient, methods } from '../support/client.ts';
import { makeFolder } from './real.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const ALOUD = new URL('aloud.ts', import.meta.url).href;
const CALLS_AT_ONCE = 100;

const between = (text: string, from: string, to: string) => text.slice(text.indexOf(from), text.indexOf(to));

test('nothing is optimised before a server listens, and what calls need is after that', async () => {
  const folder = makeFolder();
  const serve = ['serve', '--listen', '127.0.0.1:0', '--data-dir', folder, '--log-level', 'silent'];
  const child = spawn(process.execPath, ['--import', ALOUD, '--trace-opt', MAIN, ...serve], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const listening = () => /listens on (\S+);/.exec(output)?.[1];
    await expect.poll(listening, { timeout: 20_000 }).toBeDefined();
    // Before the first line of this program, Node does some work that no setting of the program affects, such as reading a long path.
    const start = between(output, 'set --no-maglev', 'set --maglev');
    expect(start).toContain('asks to listen');
    expect(start).not.toContain('[compiling');
    // Each flag is reset, and no other flag is set: the three that stay were measured.
    expect(output.match(/(?<=^set )--.*$/gm)).toEqual([
      '--no-turbofan',
      '--no-maglev',
      '--semi-space-growth-factor=1',
      '--turbofan',
      '--maglev',
      '--semi-space-growth-factor=2',
      '--invocation-count-for-turbofan=500',
      '--no-allocation-site-pretenuring',
    ]);

    const client = createTestClient(listening() ?? '');
    // Refused calls make the code hot too.
    const outputAfterCalls = async () => {
      await Promise.all(Array.from({ length: CALLS_AT_ONCE }, () => client.call(methods.token, {})));
      return output;
    };
    await expect.poll(outputAfterCalls, { timeout: 20_000 }).toMatch(/completed compiling .* MAGLEV/);
    await expect.poll(outputAfterCalls, { timeout: 20_000 }).toMatch(/completed compiling .* TURBOFAN/);
    client.close();
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(folder, { recursive: true });
  }
});
