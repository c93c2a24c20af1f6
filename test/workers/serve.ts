/** Runs an `otpd serve` that is expected to end by itself, and collects its output. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { MAIN } from '../chaos/instance.ts';

/** Its data is in a new folder, which is removed at its end. */
export async function serve(env: Readonly<Record<string, string>>): Promise<{ code: number; out: string; err: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'otpd-serve-'));
  try {
    const child = spawn(process.execPath, [MAIN, 'serve'], {
      env: { PATH: process.env['PATH'], OTPD_DATA_DIR: folder, OTPD_HTTP_LISTEN: 'off', OTPD_OPS_LISTEN: 'off', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [[code], out, err] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
    return { code, out, err };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
