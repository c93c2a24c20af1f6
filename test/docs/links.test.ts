/** Links between the pages of the repository lead to an existing file and heading. */
import { existsSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, it } from 'vitest';
import { PAGES } from './pages.ts';

const LINK = /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g;

it.each([...PAGES.keys()])('%s has no dead link', (page) => {
  const text = withoutBlocks(PAGES.get(page) ?? '').replaceAll(/`[^`\n]*`/g, '');
  const dead = [...text.matchAll(LINK)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target) && !leads(page, target));
  expect(dead).toEqual([]);
});

function leads(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : posix.join(posix.dirname(page), decodeURI(path));
  if (!existsSync(file)) return false;
  if (anchor === undefined) return true;
  return !statSync(file).isDirectory() && anchorsOf(PAGES.get(file) ?? '').has(anchor);
}

/** Returns the anchors that GitHub gives to headings. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set([...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name = '']) => name));
  for (const [, heading = ''] of withoutBlocks(text).matchAll(/^#+ +(.+?)\s*#*$/gm)) {
    const plain = heading.replaceAll(/`|\*\*/g, '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = plain
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
}
