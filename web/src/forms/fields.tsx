/** The fields that the forms are made of. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

interface TextFieldProps extends FieldProps {
  readonly hint?: string;
  readonly required?: boolean;
  readonly isNumber?: boolean;
  readonly maxLength?: number;
  readonly placeholder?: string;
}

export function TextField({ label, value, onValue, hint, required, isNumber, maxLength, placeholder }: TextFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        value={value}
        required={required}
        maxLength={maxLength}
        placeholder={placeholder}
        inputMode={isNumber ? 'numeric' : undefined}
        pattern={isNumber ? '[0-9]*' : undefined}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={({ currentTarget }) => onValue(currentTarget.value)}
      />
      {hint !== undefined && (
        <small id={`${id}-hint`} class="quiet">
          {hint}
        </small>
      )}
    </div>
  );
}

/** Encodes text for a field of the contract that has bytes. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

interface ChoiceProps extends FieldProps {
  /** The text of each value. */
  readonly choices: Readonly<Record<string, string>>;
}

export function Choice({ label, value, onValue, choices }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
        {Object.entries(choices).map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

interface TickProps {
  readonly label: string;
  readonly value: boolean;
  readonly onValue: (value: boolean) => void;
}

export function Tick({ label, value, onValue }: TickProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={value} onChange={({ currentTarget }) => onValue(currentTarget.checked)} />
      {label}
    </label>
  );
}

interface FormProps {
  readonly action: string;
  readonly isRunning: boolean;
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
}

/** A form that calls `onSubmit`, and sends nothing itself. */
export function Form({ action, isRunning, onSubmit, children }: FormProps) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!isRunning) onSubmit();
      }}
    >
      {children}
      <button type="submit" aria-disabled={isRunning}>
        {action}
      </button>
    </form>
  );
}
