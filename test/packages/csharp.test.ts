/** The C# project names the contract and the version, and its messages can be generated. Nothing here compiles C#. */
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { suiteUnless } from '../support/needy-suite.ts';

const PROJECT = 'clients/csharp/Otpd.Client.csproj';
const missing = spawnSync('protoc', ['--version']).status === 0 ? undefined : 'protoc is not installed (protobuf-compiler)';

it('has every file of the contract in its project', () => {
  const project = readFileSync(PROJECT, 'utf8');
  const [, include = ''] = /<Protobuf Include="([^"]+)"/.exec(project) ?? [];
  const files = globSync(include, { cwd: dirname(PROJECT) }).map((file) => join(dirname(PROJECT), file));
  expect(files.sort()).toEqual(globSync('proto/otp/**/*.proto').sort());
});

suiteUnless(missing, 'the messages for C#', () => {
  it('are generated; its plugin for stubs is in no package of Debian', () => {
    const folder = mkdtempSync(join(tmpdir(), 'otpd-csharp-'));
    try {
      execFileSync('protoc', ['-I', 'proto', `--csharp_out=${folder}`, ...globSync('proto/otp/**/*.proto')]);
      const code = globSync(join(folder, '*.cs'))
        .map((file) => readFileSync(file, 'utf8'))
        .join('');
      expect(code).toContain('class VerifyRequest');
      expect(code).toContain('class CreateApiKeyRequest');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
