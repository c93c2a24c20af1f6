/** Links to files that are no pages: the site has them as text below `/source`. */
import { cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { MarkdownEnv, MarkdownRenderer } from 'vitepress';

/** The files and folders that pages link to, from the root. */
const linked = new Set<string>();

/** Has links to files and folders of the repository lead to copies of them. */
export function linkSources(markdown: MarkdownRenderer, root: string): void {
  const { link_open: next } = markdown.renderer.rules;
  markdown.renderer.rules['link_open'] = (tokens, index, options, env: MarkdownEnv, self) => {
    const token = tokens[index];
    const href = token?.attrGet('href') ?? '';
    const [path = '', anchor] = href.split('#');
    if (/^(?![a-z]+:|\/|#)/i.test(href) && path !== '') {
      const file = posix.join(posix.dirname(env.relativePath), path);
      if (file === 'README.md') token?.attrSet('href', anchor === undefined ? '/' : `/#${anchor}`);
      else if (!path.endsWith('.md')) {
        if (!existsSync(join(root, file))) throw new Error(`${env.relativePath} links to ${file}, which is not there`);
        linked.add(file);
        token?.attrSet('href', `/source/${nameOf(root, file)}`);
        token?.attrSet('target', '_self');
      }
    }
    return next?.(tokens, index, options, env, self) ?? self.renderToken(tokens, index, options);
  };
}

/** Copies what was linked to: a file as text, a folder as the list of its files. */
export function copySources(outDir: string, root: string): void {
  for (const file of linked) {
    const target = join(outDir, 'source', nameOf(root, file));
    mkdirSync(dirname(target), { recursive: true });
    if (isFolder(root, file)) writeFileSync(target, `${readdirSync(join(root, file)).join('\n')}\n`);
    else cpSync(join(root, file), target);
  }
}

function nameOf(root: string, file: string): string {
  return isFolder(root, file) ? `${file.replace(/\/$/, '')}/index.txt` : `${file}.txt`;
}

function isFolder(root: string, file: string): boolean {
  return statSync(join(root, file)).isDirectory();
}
