import { useId, useState } from 'preact/hooks';
import type { Call, Target } from '../programs/call.ts';
import { PROGRAMS, type ProgramName } from '../programs/programs.ts';
import { CopyButton } from './copy-button.tsx';

/** The same call as a command or a program, to copy. The API key is read from the environment in each. */
export function ProgramsBox({ call }: { readonly call: Call }) {
  const [name, setName] = useState<ProgramName>('grpcurl');
  const group = useId();
  const text = PROGRAMS[name](call, target());
  return (
    <details class="programs">
      <summary>The same call from a program</summary>
      <fieldset>
        <legend class="hidden">Language of the program</legend>
        {(Object.keys(PROGRAMS) as ProgramName[]).map((other) => (
          <label key={other} class="check">
            <input type="radio" name={group} checked={other === name} onChange={() => setName(other)} />
            {other}
          </label>
        ))}
        <CopyButton text={text} what="the program" />
      </fieldset>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls must be reachable with the keyboard */}
      <section tabIndex={0} class="program" aria-label={`The call for ${name}`}>
        <pre>{text}</pre>
      </section>
    </details>
  );
}

function target(): Target {
  const port = document.querySelector<HTMLMetaElement>('meta[name="otpd-grpc-port"]')?.content;
  return { origin: location.origin, address: `${location.hostname}:${port}`, isTls: location.protocol === 'https:' };
}
