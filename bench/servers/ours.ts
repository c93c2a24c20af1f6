/** The product without one-time use: it judges each code at once and keeps no state. */
import { parseArgs } from 'node:util';
import { build } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/observability/log.ts';
import type { CodeStore } from '../../src/ports/codes.ts';
import { openStore } from '../../src/store/open.ts';
import { judge, UNKNOWN_KEY } from '../../src/verification/rules.ts';

const { values } = parseArgs({
  options: { 'data-dir': { type: 'string' }, plans: { type: 'string' }, 'log-level': { type: 'string' } },
});
const { 'data-dir': dataDir = '', plans = '', 'log-level': logLevel = 'info' } = values;
const config = loadConfig({ listen: '127.0.0.1:0', dataDir, plans, logLevel }, {});
const forgetful: CodeStore = {
  hasFormer: false,
  judge: async (attempt, now) => judge(UNKNOWN_KEY, attempt, now).judgement,
  judgeAll: async (attempts, now) => attempts.map((attempt) => judge(UNKNOWN_KEY, attempt, now).judgement),
  preview: async (attempts, now) => attempts.map(() => ({ state: UNKNOWN_KEY, now, kept: undefined })),
  forgive: async () => undefined,
  inspect: async () => UNKNOWN_KEY,
  unlock: async () => UNKNOWN_KEY,
  reset: async () => ({ before: UNKNOWN_KEY, after: UNKNOWN_KEY }),
};
const store = await openStore(config, () => undefined);
const app = await build(config, {
  log: createLog(config.logLevel),
  clock: Date.now,
  store: { ...store, codes: forgetful },
});
process.once('SIGTERM', () => void app.close().then(() => process.exit()));
process.stdout.write(`ours without one-time use listens on ${(await app.run()).grpc}\n`);
