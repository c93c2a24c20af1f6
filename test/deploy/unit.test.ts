/** The systemd unit, checked by systemd's tools. No machine boots with it here. */
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SETTINGS } from '../../src/config/settings.ts';
import { suiteUnless } from '../support/needy-suite.ts';
import { blockWith, runBlock } from './documents.ts';
import { missing, outcomeOf, run, tool } from './tools.ts';

const README = 'deploy/README.md';
const UNIT = 'deploy/systemd/otpd.service';
const text = readFileSync(UNIT, 'utf8');
const settings = readFileSync('deploy/systemd/otpd.env', 'utf8');
/** In the scale of systemd: 0 for a service without any rights, 10 for a service with all rights. */
const MOST_EXPOSED = '2.0';

test('each setting of its environment file is one of otpd, and each credential one of the unit', () => {
  const known = new Set<string>([...Object.values(SETTINGS).map(({ env }) => env), 'OTPD_REDIS_URL_FILE']);
  const lines = [...settings.matchAll(/^#(OTPD_\w+)=(.*)$/gm)].map(([, name = '', value = '']) => ({ name, value }));
  expect(lines.length).toBeGreaterThan(8);
  const loaded = new Set([...text.matchAll(/^LoadCredential=(.*)$/gm)].map(([, id]) => id));
  for (const { name, value } of lines) {
    expect(known).toContain(name);
    if (value.startsWith('/run/')) expect(loaded).toContain(value.replace('/run/credentials/otpd.service/', ''));
  }
  // A sample file without effect until its comment signs are removed.
  expect(settings.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
});

test('it allows a stop more time than otpd may take', () => {
  const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1]);
  expect(seconds).toBeGreaterThan(Number(SETTINGS.shutdownGrace.fallback) + 5);
});

test('the commands of the README put the program where the unit looks, and start it', () => {
  const root = mkdtempSync(join(tmpdir(), 'otpd-root-'));
  for (const folder of ['usr/local/bin', 'etc/systemd/system', 'var/lib/otpd'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'var/lib/otpd/first-api-key'), 'key');
  const instead = Object.fromEntries(['opt', 'usr', 'etc', 'var'].map((name) => [` /${name}/`, ` ${root}/${name}/`]));
  const programs = { tar: '', npm: '', systemctl: '' };
  const calls = runBlock(blockWith(README, 'tar xzf'), { programs, instead });
  expect(calls.map(([program, first]) => `${program} ${first}`)).toEqual([
    'tar xzf',
    'npm install',
    'systemctl daemon-reload',
    'systemctl enable',
  ]);
  const [, program] = /^ExecStart=(\S+) /m.exec(text) ?? [];
  // The path in the package.
  const [, main] =
    Object.entries<string>(JSON.parse(readFileSync('package.json', 'utf8')).bin).find(([name]) => name === 'otpd') ?? [];
  expect(readlinkSync(join(root, String(program)))).toBe(join(root, 'opt/otpd', String(main)));
  expect(readFileSync(join(root, 'etc/systemd/system/otpd.service'), 'utf8')).toBe(text);
  expect(statSync(join(root, 'etc/otpd/otpd.env')).mode & 0o777).toBe(0o600);
  rmSync(root, { recursive: true });
});

test('the command of the README that works beside the store does so as the service does', () => {
  const [call] = runBlock(blockWith(README, 'systemd-run'), { programs: { 'systemd-run': '' } });
  for (const property of ['DynamicUser=yes', 'StateDirectory=otpd']) {
    expect(text).toContain(`\n${property}\n`);
    expect(call).toContain(`--property=${property}`);
  }
  // The default user name of the unit.
  expect(call).toContain('--property=User=otpd');
  const [folder] = /OTPD_DATA_DIR=\S+/.exec(text) ?? [];
  expect(call).toContain(`--setenv=${folder}`);
  expect(call?.join(' ')).toContain(' otpd keys create --name ');
});

test('the commands of the README put secrets where the unit looks, for root alone, and turn TLS on', () => {
  const root = mkdtempSync(join(tmpdir(), 'otpd-root-'));
  for (const name of ['tls.crt', 'tls.key']) writeFileSync(join(root, name), name);
  const instead = { ' /etc/': ` ${root}/etc/` };
  const here = (path: string): string => join(root, 'etc', path);
  mkdirSync(here('otpd'), { recursive: true });
  writeFileSync(here('otpd/otpd.env'), settings);
  const calls = runBlock(blockWith(README, 'credstore/otpd.tls-cert'), {
    cwd: root,
    programs: { systemctl: '' },
    instead,
  });
  expect(calls).toEqual([['systemctl', 'restart', 'otpd']]);
  const lines = readFileSync(here('otpd/otpd.env'), 'utf8').split('\n');
  const on = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(on.map((line) => line.split('=')[0])).toEqual(['OTPD_LISTEN', 'OTPD_TLS_CERT', 'OTPD_TLS_KEY']);
  for (const line of on.slice(1)) {
    const { mode } = statSync(here(`credstore/${line.split('/').at(-1)}`));
    expect(mode & 0o777).toBe(0o600);
  }
  rmSync(root, { recursive: true });
});

suiteUnless(missing(tool.systemdAnalyze), 'the unit by systemd-analyze', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'otpd-unit-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Verifies the changed unit with a program that exists on this machine. */
  function verify(change: (unit: string) => string) {
    const file = join(folder, 'otpd.service');
    writeFileSync(file, change(text.replace('ExecStart=/usr/local/bin/otpd', `ExecStart=${process.execPath}`)));
    return outcomeOf(tool.systemdAnalyze, ['verify', '--man=no', file]);
  }

  test('it has no mistake', () => {
    expect(verify((unit) => unit)).toEqual({ code: 0, out: '', err: '' });
    expect(verify((unit) => unit.replace('ProtectProc=', 'ProtectProk=')).err).toContain('ProtectProk');
  });

  test(`its exposure is ${MOST_EXPOSED} at the most`, () => {
    const threshold = String(Number(MOST_EXPOSED) * 10);
    const { code, out } = outcomeOf(tool.systemdAnalyze, [
      'security',
      '--no-pager',
      '--offline=true',
      `--threshold=${threshold}`,
      UNIT,
    ]);
    expect(code).toBe(0);
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(out)?.[1])).toBeLessThanOrEqual(Number(MOST_EXPOSED));
  });

  test('what it lets the process call is what systemd knows by these names', () => {
    for (const [, set = ''] of text.matchAll(/^SystemCallFilter=~?(.*)$/gm))
      for (const name of set.split(' ')) expect(run(tool.systemdAnalyze, ['syscall-filter', name])).toContain(name);
  });
});
