/** The key in the fields, whose codes the page checks and shows. */
import { create } from '@bufbuild/protobuf';
import { useMemo } from 'preact/hooks';
import { type Key, KeySchema, OtpType, SealedKeySchema } from '../../../gen/ts/otp/v1/key_pb.ts';
import { bytesOf, TextField } from './fields.tsx';
import { NO_PARAMETERS, Parameters, type ParameterTexts, parametersOf } from './parameters.tsx';

export interface KeyTexts {
  /** A secret in base32, an otpauth URI, or the blob of a sealed key. */
  readonly source: string;
  /** The context that a sealed key is bound to. */
  readonly context: string;
  readonly parameters: ParameterTexts;
}

/** The fields are empty. */
export const NO_KEY: KeyTexts = { source: '', context: '', parameters: NO_PARAMETERS };

const SEALED = /^\s*otpk1_/;
const URI = /^\s*otpauth:/i;
const HOTP_URI = /^\s*otpauth:\/\/hotp\b/i;

export function useKey({ source, context, parameters }: KeyTexts): Key {
  return useMemo(
    () => create(KeySchema, { source: sourceOf(source, context), ...parametersOf(parameters) }),
    [source, context, parameters],
  );
}

function sourceOf(source: string, context: string): Key['source'] {
  const value = source.trim();
  if (SEALED.test(source)) return { case: 'sealed', value: create(SealedKeySchema, { blob: value, context: bytesOf(context) }) };
  return { case: URI.test(source) ? 'uri' : 'secret', value };
}

/** Whether the key is a HOTP, whose code cannot be watched. */
export function isHotp({ source, type }: Key): boolean {
  return type === OtpType.HOTP || (type === OtpType.UNSPECIFIED && source.case === 'uri' && HOTP_URI.test(source.value));
}

interface KeyFieldsProps {
  readonly texts: KeyTexts;
  readonly onTexts: (texts: KeyTexts) => void;
}

export function KeyFields({ texts, onTexts }: KeyFieldsProps) {
  return (
    <>
      <TextField
        label="Secret, otpauth URI or sealed key"
        value={texts.source}
        required
        maxLength={4096}
        hint="The key that you made, or any secret in base32"
        onValue={(source) => onTexts({ ...texts, source })}
      />
      {SEALED.test(texts.source) && (
        <TextField
          label="Context of the sealed key"
          value={texts.context}
          maxLength={256}
          onValue={(context) => onTexts({ ...texts, context })}
        />
      )}
      <details>
        <summary>Advanced</summary>
        <Parameters texts={texts.parameters} onTexts={(parameters) => onTexts({ ...texts, parameters })} />
      </details>
    </>
  );
}
