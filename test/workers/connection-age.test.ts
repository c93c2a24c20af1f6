/** The age of connections with several workers: it holds in each. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openConnection, openStream } from '../support/raw.ts';
import { startGroup } from './group.ts';

test('the connections of every worker end by their age', async () => {
  await using group = await startGroup(2, { OTPD_MAX_CONNECTION_AGE: '1s' });
  const sessions = await Promise.all([1, 2, 3, 4].map(() => openConnection(group.instance.address)));
  const farewells = sessions.map((session) => once(session, 'goaway'));
  for (const session of sessions) openStream(session, '/otp.v1.OtpService/Token', { 'x-api-key': group.apiKeys.unlimited }).end();
  expect((await Promise.all(farewells)).map(([code]) => code)).toEqual([0, 0, 0, 0]);
  await expect.poll(() => group.served().size).toBe(2);
  for (const session of sessions) session.destroy();
});
