/** The parameters of a key that few users change, as they stand in the fields: text, empty for the default. */
import { Algorithm, OtpType } from '../../../gen/ts/otp/v1/key_pb.ts';
import { Choice, TextField } from './fields.tsx';

export interface ParameterTexts {
  readonly type: string;
  readonly algorithm: string;
  readonly digits: string;
  readonly period: string;
  readonly counter: string;
}

export const NO_PARAMETERS: ParameterTexts = { type: '0', algorithm: '0', digits: '0', period: '', counter: '' };

const TYPES = { [OtpType.UNSPECIFIED]: 'Default', [OtpType.TOTP]: 'TOTP, by time', [OtpType.HOTP]: 'HOTP, by counter' };
const ALGORITHMS = {
  [Algorithm.UNSPECIFIED]: 'Default',
  [Algorithm.SHA1]: 'SHA1',
  [Algorithm.SHA256]: 'SHA256',
  [Algorithm.SHA512]: 'SHA512',
};
const DIGITS = { 0: 'Default', 6: '6', 7: '7', 8: '8' };

interface ParametersProps {
  readonly texts: ParameterTexts;
  readonly onTexts: (texts: ParameterTexts) => void;
}

export function Parameters({ texts, onTexts }: ParametersProps) {
  const set = (name: keyof ParameterTexts) => (value: string) => onTexts({ ...texts, [name]: value });
  return (
    <div class="parameters">
      <Choice label="Type" value={texts.type} choices={TYPES} onValue={set('type')} />
      <Choice label="Algorithm" value={texts.algorithm} choices={ALGORITHMS} onValue={set('algorithm')} />
      <Choice label="Digits" value={texts.digits} choices={DIGITS} onValue={set('digits')} />
      <TextField
        label="Period in seconds (TOTP)"
        value={texts.period}
        placeholder="30"
        isNumber
        maxLength={5}
        onValue={set('period')}
      />
      <TextField label="Counter (HOTP)" value={texts.counter} isNumber maxLength={16} onValue={set('counter')} />
    </div>
  );
}

/** The fields of a request: those of `Key` and `GenerateRequest` have the same names. */
export function parametersOf({ type, algorithm, digits, period, counter }: ParameterTexts) {
  return {
    type: Number(type) as OtpType,
    algorithm: Number(algorithm) as Algorithm,
    digits: Number(digits),
    periodSeconds: Number(period),
    ...(counter === '' ? {} : { counter: BigInt(counter) }),
  };
}
