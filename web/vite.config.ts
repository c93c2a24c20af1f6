import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const CODERS = {
  br: promisify(brotliCompress),
  gz: (content: Buffer) => promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }),
};

/** Puts each file whose name has a digest beside itself in both codings, since it never changes; the server changes the index, which is small. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    async writeBundle({ dir = '' }) {
      const assets = join(dir, 'assets');
      const encode = async (name: string): Promise<void> => {
        const content = await readFile(join(assets, name));
        for (const [ending, code] of Object.entries(CODERS))
          await writeFile(join(assets, `${name}.${ending}`), await code(content));
      };
      await Promise.all((await readdir(assets)).map(encode));
    },
  };
}

export default defineConfig({
  plugins: [precompress()],
  // The server sends no inline code or style, so nothing may be inlined; browsers that know `light-dark()` know modules and preloading.
  build: {
    target: 'es2024',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The coders take most of the time, and are known to.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
