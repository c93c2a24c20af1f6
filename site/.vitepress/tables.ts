/** Tables that are wider than the screen scroll, by the keyboard too (WCAG 2.1.1), and an empty corner is no heading. */
import type { MarkdownRenderer } from 'vitepress';

export function wrapTables(markdown: MarkdownRenderer): void {
  const { rules } = markdown.renderer;
  rules['table_open'] = () => '<div class="table" role="group" aria-label="Table" tabindex="0"><table>';
  rules['table_close'] = () => '</table></div>';
  rules['th_open'] = (tokens, index, options, _env, self) => {
    const [, content, close] = tokens.slice(index);
    for (const token of [tokens[index], close]) if (token !== undefined && content?.content === '') token.tag = 'td';
    return self.renderToken(tokens, index, options);
  };
}
