import { CopyButton } from './copy-button.tsx';

/** A blob for a caller to store, to copy. */
export function Blob({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <dl>
      <dt>
        {title} <CopyButton text={text} what={title.toLowerCase()} />
      </dt>
      <dd>
        <code class="uri">{text}</code>
      </dd>
    </dl>
  );
}
