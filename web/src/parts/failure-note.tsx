import type { Failure } from '../calls/failure.ts';

/** A call that failed, and what to do about it. */
export function FailureNote({ failure }: { readonly failure: Failure | undefined }) {
  if (failure === undefined) return null;
  const { title, text, fields, retryAfter, scope, requestId } = failure;
  return (
    <div role="alert" class="note bad">
      <strong>{title}</strong>
      {text !== '' && <p>{text}</p>}
      {scope !== undefined && (
        <p>
          This needs the scope <code>{scope}</code>.
        </p>
      )}
      {fields.length > 0 && (
        <ul>
          {fields.map(({ field, description }) => (
            <li key={field + description}>
              <code>{field}</code>: {description}
            </li>
          ))}
        </ul>
      )}
      {retryAfter !== undefined && <p>Try again in {retryAfter} s.</p>}
      {requestId !== undefined && (
        <p class="quiet">
          The server's log has it under the request id <code>{requestId}</code>.
        </p>
      )}
    </div>
  );
}
