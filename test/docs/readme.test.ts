/** The README has its promised length and links, and the guide quotes the examples exactly. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PAGES } from './pages.ts';

const README = PAGES.get('README.md') ?? '';

it('has at most 900 words', () => {
  expect(README.split(/\s+/).filter((word) => word !== '').length).toBeLessThanOrEqual(900);
});

it('links to nothing that the npm package lacks', () => {
  const [{ files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' }));
  const shipped = new Set(files.map(({ path }: { readonly path: string }) => path));
  const links = [...README.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => path);
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter((path) => !shipped.has(path))).toEqual([]);
});

it('the guide quotes the whole example exactly, so that its reader has all of it', () => {
  const example = 'examples/typescript/second-factor.ts';
  const quoted = [...(PAGES.get('docs/guide.md') ?? '').matchAll(/^<!-- (\S+) -->\n```\w+\n([\s\S]*?)^```$/gm)];
  let rest = readFileSync(example, 'utf8');
  for (const [, file, text = ''] of quoted) {
    expect(file).toBe(example);
    expect(rest).toContain(text);
    rest = rest.replace(text, '');
  }
  expect(rest.trim()).toMatch(/^\/\*\* The second factor of a user: .* \*\/$/);
});
