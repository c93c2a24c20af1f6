/** Loaded into a server with `--import`: makes it count calls and time the store in some turns of calls and not in others (switched-metrics.ts). */
import { registerHooks } from 'node:module';

const twin = new URL('switched-metrics.ts', import.meta.url).href;
const parts = ['metrics', 'measured-store'].map((name) => new URL(`../../src/observability/${name}.ts`, import.meta.url).href);

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return parts.includes(found.url) && context.parentURL !== twin ? { ...found, url: twin } : found;
  },
});
