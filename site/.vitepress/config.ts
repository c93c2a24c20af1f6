/** The site of the documentation: every page of the repository, at its own path, with search and without another host. */
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { anchorOf } from './anchors.ts';
import { collectPages } from './pages.ts';
import { linkPictures } from './pictures.ts';
import { sidebar } from './sidebar.ts';
import { copySources, linkSources } from './sources.ts';
import { wrapTables } from './tables.ts';

const root: string = join(import.meta.dirname, '../..');
const pages: string = join(import.meta.dirname, '../pages');
collectPages(root, pages);

export default defineConfig({
  title: 'otpd',
  description: 'A server that adds one-time passwords to your product',
  lang: 'en',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  srcDir: pages,
  outDir: join(import.meta.dirname, 'dist'),
  cacheDir: join(import.meta.dirname, 'cache'),
  lastUpdated: false,
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // The anchors of GitHub, so that a link works in both places.
    anchor: { slugify: anchorOf },
    config: (markdown) => {
      linkSources(markdown, root);
      linkPictures(markdown);
      wrapTables(markdown);
    },
  },
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/docs/guide' },
      { text: 'API', link: '/docs/api' },
      { text: 'OpenAPI', link: '/openapi' },
    ],
    sidebar: sidebar(join(root, 'docs')),
    outline: { level: [2, 3] },
    search: { provider: 'local' },
  },
  vite: { esbuild: { tsconfigRaw: '{}' } },
  buildEnd: ({ outDir }) => {
    copySources(outDir, root);
    mkdirSync(outDir, { recursive: true });
    for (const name of readdirSync(join(root, 'gen')).filter((file) => /^openapi.*\.json$/.test(file)))
      cpSync(join(root, 'gen', name), join(outDir, name));
  },
});
