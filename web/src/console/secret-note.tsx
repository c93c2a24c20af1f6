/** The secret of an API key, which the server shows this once. */
import { useEffect, useRef } from 'preact/hooks';
import { CopyButton } from '../parts/copy-button.tsx';

export interface NewSecret {
  readonly displayName: string;
  readonly secret: string;
  /** How the old secret ends; undefined for a new key. */
  readonly old: string | undefined;
}

interface SecretNoteProps {
  readonly secret: NewSecret | undefined;
  readonly onDone: () => void;
}

/** Takes the focus, and stays until the user closes it: the secret cannot be shown again. */
export function SecretNote({ secret, onDone }: SecretNoteProps) {
  const note = useRef<HTMLElement>(null);
  useEffect(() => note.current?.focus(), [secret]);
  if (secret === undefined) return null;
  return (
    <section ref={note} tabIndex={-1} class="note good" aria-label="The new secret">
      <strong>The secret of {secret.displayName}</strong>
      <p>Copy it now: it is shown only once, and the server does not know it. {secret.old}</p>
      <p>
        <code class="secret">{secret.secret}</code> <CopyButton text={secret.secret} what="the secret" />
      </p>
      <button type="button" class="small" onClick={onDone}>
        I have it: put it away
      </button>
    </section>
  );
}
