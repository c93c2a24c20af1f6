import { useEffect, useState } from 'preact/hooks';

const SHOWN_MS = 2000;

/** Copies `text`. Browsers allow that on this machine and over TLS; elsewhere the button is left out. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  if (!isSecureContext) return null;
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => undefined,
    );
  return (
    <button type="button" class="small" onClick={copy}>
      {copied ? 'Copied' : 'Copy'}
      <span class="hidden"> {what}</span>
    </button>
  );
}
