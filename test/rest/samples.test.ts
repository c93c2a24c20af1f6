/** Runs the programs in the documentation of the REST APIs against a server, with another address and API key. */
import { execFile, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { suiteUnless } from '../support/needy-suite.ts';
import { type RestServer, startRestServer } from './rest-server.ts';

const SAMPLES = fileURLToPath(new URL('samples/', import.meta.url));
const execute = promisify(execFile);

const GENERATED = {
  token: expect.stringMatching(/^\d{6}$/),
  digits: 6,
  period: 30,
  timeRemaining: 9,
  expiresAt: '2026-01-01T00:00:30Z',
};

/** The answers, by API and by the beginning of a program's name. */
const ANSWERS: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  gentlent: {
    generate: {
      ...{ algorithm: 'SHA1', digits: 6, issuer: '', label: '', period: 30, type: 'totp' },
      otp_url: expect.stringMatching(/^otpauth:\/\/totp\/\?secret=[A-Z2-7]{32}&issuer=&algorithm=SHA1&digits=6&period=30$/),
      qrcode_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/tools\/v1\/barcodes\?type=qr_code&/),
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
    },
    verify: {
      ...{ algorithm: 'SHA1', digits: 6, period: 30, secret: 'FF4HND2CCGPWNZHKIA66I6Y44DEKPXXI', type: 'totp' },
      otp_codes: Object.fromEntries(['+30s', 'current', '-30s', '-60s'].map((name) => [name, expect.stringMatching(/^\d{6}$/)])),
    },
  },
  'toolkit-api': {
    generate: {
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      uri: expect.stringMatching(/^otpauth:\/\/totp\/MyApp:user%40example\.com\?secret=[A-Z2-7]{32}&issuer=MyApp&/),
      qr_code: expect.stringMatching(/^data:image\/png;base64,iVBORw0KGgo/),
      current_code: expect.stringMatching(/^\d{6}$/),
    },
  },
  'two-fa-otp-live': {
    generate: {
      code: 200,
      message: 'Code generated successfully',
      data: { code: expect.stringMatching(/^\d{6}$/), remaining_time: 9, timestamp: 1_767_225_621, valid_until: 1_767_225_630 },
    },
  },
  'api-verve': {
    generate: { status: 'ok', error: null, data: GENERATED },
    graphql: { data: { totpgenerator: GENERATED } },
  },
};

/** How to run the programs of a language: by the first runner whose check succeeds. */
interface Language {
  readonly suffix: string;
  readonly needs: string;
  readonly runners: readonly (readonly string[])[];
  readonly check: readonly string[];
}

const PYTHONS = [['python3'], ['/usr/bin/python3']];
const LANGUAGES: Readonly<Record<string, Language>> = {
  curl: { suffix: '.sh', needs: 'curl', runners: [['sh']], check: ['-c', 'curl --version'] },
  'Node fetch': { suffix: '.mjs', needs: 'Node', runners: [[process.execPath]], check: ['--version'] },
  'Python requests': { suffix: '.requests.py', needs: "Python's requests", runners: PYTHONS, check: ['-c', 'import requests'] },
  'Python httpx': { suffix: '.httpx.py', needs: "Python's httpx", runners: PYTHONS, check: ['-c', 'import httpx'] },
  Go: { suffix: '.go', needs: 'Go', runners: [['go', 'run']], check: ['version'] },
  Java: { suffix: '.java', needs: 'Java', runners: [['java']], check: ['--version'] },
  'PHP curl': {
    suffix: '.php',
    needs: "PHP's curl",
    runners: [['php']],
    check: ['-r', 'exit(extension_loaded("curl") ? 0 : 1);'],
  },
};

let server: RestServer;

beforeAll(async () => {
  server = await startRestServer({ clock: () => Date.parse('2026-01-01T00:00:21Z') });
});
afterAll(() => server.close());

for (const [language, { suffix, needs, runners, check }] of Object.entries(LANGUAGES)) {
  const found = runners.find(([program = '']) => spawnSync(program, check).status === 0);
  suiteUnless(found === undefined ? `${needs} is not installed` : undefined, `sample programs for ${language}`, () => {
    const programs = readdirSync(SAMPLES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(suffix));
    // A compiler on a busy machine may take long.
    it.each(programs)('%s', { timeout: 120_000 }, async (file) => {
      const [program = '', ...args] = found ?? [];
      const env = { ...process.env, BASE_URL: server.origin, API_KEY: server.apiKey };
      const { stdout } = await execute(program, [...args, SAMPLES + file], { env });
      const [, api = '', name = ''] = /^([^/]+)\/([a-z]+)/.exec(file.toLowerCase()) ?? [];
      expect(JSON.parse(stdout)).toEqual(ANSWERS[api]?.[name]);
    });
  });
}
