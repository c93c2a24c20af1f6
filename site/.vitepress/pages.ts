/** Collects the pages and pictures of the repository where VitePress finds them beside its packages. */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Copies every page and picture from `root` to `into`, which is made anew. The README is the first page. */
export function collectPages(root: string, into: string): void {
  rmSync(into, { recursive: true, force: true });
  const files = execFileSync('git', ['ls-files', '*.md', 'docs/*.svg', 'docs/*.png', 'bench/*.svg'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of files.trim().split('\n')) cpSync(join(root, file), join(into, nameOf(file)));
}

function nameOf(file: string): string {
  if (file === 'README.md') return 'index.md';
  return file === 'site/openapi.md' ? 'openapi.md' : file;
}
