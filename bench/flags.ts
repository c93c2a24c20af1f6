/** The V8 settings that every server of the bench runs on, but the naive one. */
import { existsSync } from 'node:fs';
import { root } from './root.ts';

const runtime: string = root('src/app/v8-startup.ts');

/**
 * Node's arguments. The product's own settings count wherever it sets them itself: those of its start are loaded first into the others too, and
 * they take them back where it does.
 */
export function nodeFlags(product: boolean): readonly string[] {
  if (!existsSync(runtime)) return ['--no-allocation-site-pretenuring'];
  return product ? [] : ['--import', runtime];
}
