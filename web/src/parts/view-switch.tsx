import type { View } from '../use-view.ts';

const VIEWS: Readonly<Record<View, string>> = { calls: 'Try calls', console: 'Console' };

/** Links to the views of the page. */
export function ViewSwitch({ view }: { readonly view: View }) {
  return (
    <nav aria-label="Views" class="views">
      {Object.entries(VIEWS).map(([name, text]) => (
        <a key={name} href={`#${name}`} aria-current={name === view ? 'page' : undefined}>
          {text}
        </a>
      ))}
    </nav>
  );
}
