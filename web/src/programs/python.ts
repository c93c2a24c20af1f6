/** The same call in Python, with `otpd`. */
import { Bytes, type Call, enumValue, fieldsOf, indent, type SetField, type Target, Texts } from './call.ts';

export function python(call: Call, { address, isTls }: Target): string {
  const { name, input, methodKind } = call.method;
  const method = `client.${name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()}`;
  const request = `v1.${input.name}(\n${indent(linesOf(fieldsOf(call)), '    ')})`;
  const body =
    methodKind === 'unary'
      ? `print(${method}(${request}))\n`
      : `for answer in ${method}(${request}):\n    print(answer.token.code, flush=True)\n`;
  return `import os

from otpd import OtpClient, v1

with OtpClient("${address}", os.environ["OTPD_API_KEY"]${isTls ? '' : ', plaintext=True'}) as client:
${indent(body, '    ').trimEnd()}`;
}

function linesOf(fields: readonly SetField[]): string {
  return fields.map((field) => `${member(field)},\n`).join('');
}

function member({ field, value }: SetField): string {
  return `${field.name}=${literalOf({ field, value })}`;
}

function literalOf({ field, value }: SetField): string {
  if (value instanceof Bytes) return `${JSON.stringify(value.text)}.encode()`;
  if (value instanceof Texts) return JSON.stringify(value.texts);
  if (typeof value === 'object') return `v1.${field.message?.name}(${value.map(member).join(', ')})`;
  if (field.enum !== undefined) return `v1.${enumValue(field, value as number).name}`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}
