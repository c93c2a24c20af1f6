import { defineConfig } from 'vite';

export default defineConfig({
  // The server sends no inline code or style, so nothing may be inlined; browsers that know `light-dark()` know modules and preloading.
  build: { target: 'es2024', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
