/** Tables that are wider than the screen scroll, by the keyboard too (WCAG 2.1.1). */
import type { MarkdownRenderer } from 'vitepress';

export function wrapTables(markdown: MarkdownRenderer): void {
  markdown.renderer.rules['table_open'] = () => '<div class="table" role="region" aria-label="Table" tabindex="0"><table>';
  markdown.renderer.rules['table_close'] = () => '</table></div>';
}
