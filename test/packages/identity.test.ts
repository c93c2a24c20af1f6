/** package.json decides the version, repository and home page of all packages, and nothing is published from elsewhere. */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const FILES = [
  'package{,-lock}.json',
  'CHANGELOG.md',
  'scripts/packages/*.ts',
  'clients/*/{README.md,package.json,pyproject.toml,Cargo.toml,otpd-client.gemspec,pom.xml,CMakeLists.txt,composer.json}',
  'clients/csharp/Otpd.Client.csproj',
  'clients/php/src/Client.php',
  'clients/ruby/lib/otpd/version.rb',
  'test/clients/runners/*/pom.xml',
];
const { version, repository } = JSON.parse(readFileSync('package.json', 'utf8'));
const address = repository.url.replace(/^git\+|\.git$/g, '');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpd-identity-'));
  for (const file of FILES.flatMap((pattern) => globSync(pattern))) cpSync(file, join(folder, file));
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(script: string, ...args: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [`scripts/packages/${script}.ts`, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: `${join(process.execPath, '..')}:${process.env['PATH']}` },
  });
  return { status, stderr };
}

const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const change = (file: string, from: string | RegExp, to: string) => {
  const text = read(file);
  expect(text).toMatch(from);
  writeFileSync(join(folder, file), text.replace(from, to));
};

test('a new version, repository and home page reach every manifest and README', () => {
  // No dependency has this version, so no trace of the old version may remain.
  change('package.json', `"version": "${version}"`, '"version": "76.54.32"');
  expect(run('identity').status).toBe(0);
  change('package.json', '"version": "76.54.32"', '"version": "9.8.7"');
  change('package.json', `git+${address}.git`, 'git+https://example.org/team/otpd.git');
  change('package.json', /"homepage": "[^"]+"/, '"homepage": "https://example.org"');
  expect(run('identity', '--check').status).toBe(1);
  expect(run('identity')).toEqual({ status: 0, stderr: '' });
  expect(run('identity', '--check')).toEqual({ status: 0, stderr: '' });

  const packages = globSync('clients/**/*', { cwd: folder }).filter((file) => /\.\w+$/.test(file));
  expect(packages.length).toBeGreaterThan(15);
  for (const file of packages) {
    expect(read(file), file).not.toContain(address);
    expect(read(file), file).not.toContain('76.54');
  }
  for (const manifest of [
    'typescript/package.json',
    'python/pyproject.toml',
    'rust/Cargo.toml',
    'java/pom.xml',
    'php/composer.json',
    'kotlin/pom.xml',
    'scala/pom.xml',
  ])
    for (const value of ['9.8.7', 'https://example.org/team/otpd', '"https://example.org"'])
      expect(read(`clients/${manifest}`).replaceAll(/>([^<]+)</g, '>"$1"<')).toContain(value);
});

test.each([
  ['clients/python/pyproject.toml', `version = "${version}"`, 'version = "0.0.9"', 'has 0.0.9 instead of'],
  ['clients/kotlin/pom.xml', `<version>${version}</version>`, '<version>0.0.9</version>', 'has 0.0.9 instead of'],
  ['clients/rust/Cargo.toml', /^repository = .*\n/m, '', 'nothing is like'],
  ['clients/go/README.md', 'A client of', 'A client of [this](../../README.md)', 'a registry shows no ../../README.md'],
])('%s is named if it differs', (file, from, to, words) => {
  change(file, from, to);
  const { status, stderr } = run('identity', '--check');
  expect(status).toBe(1);
  expect(stderr).toContain(`${file}: ${words}`);
});

test('links that lead from the folder of a README lead to the repository, but for code', () => {
  change('clients/go/README.md', 'A client of', 'A client of [this](../../README.md), [that](src/a.ts) and `[no](link)`');
  expect(run('identity')).toEqual({ status: 0, stderr: '' });
  const links = `[this](${address}/blob/main/README.md), [that](${address}/blob/main/clients/go/src/a.ts) and \`[no](link)\``;
  expect(read('clients/go/README.md')).toContain(links);
});

test('packages are published only from the tag of their version, with its section in the changelog, from the repository that they name', () => {
  writeFileSync(join(folder, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n');
  const wrong = run('releasable', 'v9.9.9', 'https://example.org/a/fork');
  expect(wrong.status).toBe(1);
  for (const words of [`tag v${version}`, `no section ${version}`, 'this is https://example.org/a/fork'])
    expect(wrong.stderr).toContain(words);

  change('CHANGELOG.md', '## Unreleased', `## ${version} (2026-01-01)`);
  expect(run('releasable', `v${version}`, address)).toEqual({ status: 0, stderr: '' });
  change('clients/ruby/lib/otpd/version.rb', version, '0.0.9');
  expect(run('releasable', `v${version}`, address).stderr).toContain('clients/ruby/lib/otpd/version.rb: has 0.0.9');
});
