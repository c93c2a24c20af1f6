/** The same call in TypeScript, with `otpd-client`. */
import { Bytes, type Call, enumValue, fieldsOf, indent, type SetField, type Target, Texts } from './call.ts';

export function typescript(call: Call, { address, isTls }: Target): string {
  const fields = fieldsOf(call);
  const method = `client.${call.method.localName}({\n${indent(linesOf(fields), '  ')}})`;
  const body =
    call.method.methodKind === 'unary'
      ? `console.dir(await ${method}, { depth: null });`
      : `for await (const { token } of ${method}) console.log(token?.code);`;
  return `import { ${['connect', ...enumsOf(fields)].join(', ')} } from 'otpd-client';

using client = connect('${address}', process.env['OTPD_API_KEY'] ?? ''${isTls ? '' : ', { plaintext: true }'});
${body}`;
}

function linesOf(fields: readonly SetField[]): string {
  return fields.map((field) => `${member(field)},\n`).join('');
}

function member({ field, value }: SetField): string {
  const literal = literalOf({ field, value });
  return field.oneof === undefined
    ? `${field.localName}: ${literal}`
    : `${field.oneof.localName}: { case: '${field.localName}', value: ${literal} }`;
}

function literalOf({ field, value }: SetField): string {
  if (value instanceof Bytes) return `new TextEncoder().encode(${textOf(value.text)})`;
  if (value instanceof Texts) return `[${value.texts.map(textOf).join(', ')}]`;
  if (typeof value === 'object') return `{ ${value.map(member).join(', ')} }`;
  if (field.enum !== undefined) return `${field.enum.name}.${enumValue(field, value as number).localName}`;
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'string' ? textOf(value) : JSON.stringify(value);
}

function textOf(text: string): string {
  return /['\\\p{Cc}]/u.test(text) ? JSON.stringify(text) : `'${text}'`;
}

function enumsOf(fields: readonly SetField[]): string[] {
  const names = fields.flatMap(({ field, value }) => (Array.isArray(value) ? enumsOf(value) : (field.enum?.name ?? [])));
  return [...new Set(names)].toSorted();
}
