/** The key that codes are checked against and shown of, as it stands in the fields. */
import { create } from '@bufbuild/protobuf';
import { useMemo } from 'preact/hooks';
import { type Key, KeySchema, OtpType } from '../../../gen/ts/otp/v1/key_pb.ts';
import { TextField } from './fields.tsx';
import { Parameters, type ParameterTexts, parametersOf } from './parameters.tsx';

export interface KeyTexts {
  /** A secret in base32, or an otpauth URI. */
  readonly source: string;
  readonly parameters: ParameterTexts;
}

const URI = /^\s*otpauth:/i;
const HOTP_URI = /^\s*otpauth:\/\/hotp\b/i;

export function useKey({ source, parameters }: KeyTexts): Key {
  return useMemo(
    () =>
      create(KeySchema, {
        source: { case: URI.test(source) ? 'uri' : 'secret', value: source.trim() },
        ...parametersOf(parameters),
      }),
    [source, parameters],
  );
}

/** Whether the key is a HOTP, whose code cannot be watched. */
export function isHotp({ source, type }: Key): boolean {
  return type === OtpType.HOTP || (type === OtpType.UNSPECIFIED && HOTP_URI.test(source.value ?? ''));
}

interface KeyFieldsProps {
  readonly texts: KeyTexts;
  readonly onTexts: (texts: KeyTexts) => void;
}

export function KeyFields({ texts, onTexts }: KeyFieldsProps) {
  return (
    <>
      <TextField
        label="Secret or otpauth URI"
        value={texts.source}
        required
        maxLength={4096}
        hint="The key that you made, or any secret in base32"
        onValue={(source) => onTexts({ ...texts, source })}
      />
      <details>
        <summary>Advanced</summary>
        <Parameters texts={texts.parameters} onTexts={(parameters) => onTexts({ ...texts, parameters })} />
      </details>
    </>
  );
}
