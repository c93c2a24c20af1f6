/** Pictures in HTML, such as those of a light and a dark theme: VitePress takes `docs/a.svg` for the name of a package, and `./docs/a.svg` for a file. */
import type { MarkdownRenderer } from 'vitepress';

const FILE = /\b(src|srcset)="(?![a-z]+:|[./])/g;

export function linkPictures(markdown: MarkdownRenderer): void {
  for (const rule of ['html_block', 'html_inline'] as const) {
    const { [rule]: next } = markdown.renderer.rules;
    markdown.renderer.rules[rule] = (...args) => (next?.(...args) ?? args[0][args[1]]?.content ?? '').replaceAll(FILE, '$1="./');
  }
}
