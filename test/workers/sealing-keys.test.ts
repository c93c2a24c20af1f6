/** Several workers and one file of sealing keys: the first start makes the file, and each worker follows it. */
import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readRingFile, ringFile } from '../../src/app/ring-file.ts';
import { otpd } from '../cli/harness.ts';
import { startGroup } from './group.ts';

test('every worker reads the file again when it changes', async () => {
  await using group = await startGroup(2);
  const file = ringFile(group.folder);
  expect([readRingFile(file, 'x').length, statSync(file).mode & 0o777]).toEqual([1, 0o600]);
  const { code } = await otpd(['sealing-keys', 'add'], { env: { OTPD_DATA_DIR: group.folder } });
  expect(code).toBe(0);
  const followers = () => group.instance.log().flatMap(({ msg, worker }) => (msg === 'sealing keys read again' ? [worker] : []));
  await expect.poll(() => followers().toSorted(), { timeout: 10_000 }).toEqual([1, 2]);
});
