/** Writes docs/api.md from the contract in gen/otp.binpb and its comments. With `--check` only reports whether the page is current. */
import { readFileSync } from 'node:fs';
import {
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  ScalarType,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { comment, PATH } from './comments.ts';
import { writeOrCheck } from './made-file.ts';

/** The packages in the order of the page. All their types have different names, as the anchors of the page require. */
const PACKAGES: readonly string[] = ['otp.v1', 'otp.admin.v1'];

const set = fromBinary(FileDescriptorSetSchema, readFileSync('gen/otp.binpb'));
const files = [...createFileRegistry(set).files].filter(({ proto }) => PACKAGES.includes(proto.package));
// The service comes first, then the files that it imports, in the order of the imports.
const orderOf = ({ proto, services }: DescFile): number => 2 * PACKAGES.indexOf(proto.package) - services.length;
const ordered = files.toSorted((one, other) => orderOf(one) - orderOf(other));
const page = `# API reference

The contracts \`otp.v1\` and \`otp.admin.v1\`, from the comments in [proto/otp](../proto/otp) by \`npm run generate\`.

${ordered.flatMap((file) => file.services.map((service, index) => describeService(file, service, index))).join('')}## Messages

${ordered.flatMap((file) => file.messages.map((message, index) => describeMessage(file, message, index))).join('')}## Enums

${ordered.flatMap(describeEnums).join('')}`.trimEnd();

writeOrCheck('docs/api.md', `${page}\n`, 'npm run generate');

function describeService(file: DescFile, service: DescService, index: number): string {
  const path = [PATH.service, index];
  const methods = service.methods.map((method, inner) => {
    const { input, output, methodKind } = method;
    const answer = `${methodKind === 'server_streaming' ? 'a stream of ' : ''}${link(output)}`;
    return `### ${method.name}\n\n\`${pathOf(method)}\`: ${link(input)} → ${answer}\n\n${comment(file, [...path, PATH.inner, inner])}\n\n`;
  });
  return `## ${service.name}\n\n${comment(file, path)}\n\n${methods.join('')}`;
}

function describeMessage(file: DescFile, message: DescMessage, index: number): string {
  const path = [PATH.message, index];
  const rows = message.fields.map(
    (field, inner) => `| \`${field.name}\` | ${typeOf(field)} | ${cell(file, [...path, PATH.inner, inner])} |\n`,
  );
  return `### ${message.name}\n\n${comment(file, path)}\n\n| field | type | meaning |\n|---|---|---|\n${rows.join('')}\n`;
}

function describeEnum(file: DescFile, { name, values }: DescEnum, path: readonly number[]): string {
  const rows = values.map(
    (value, inner) => `| \`${value.name}\` | ${value.number} | ${cell(file, [...path, PATH.inner, inner])} |\n`,
  );
  return `### ${name}\n\n${comment(file, path)}\n\n| value | number | meaning |\n|---|---|---|\n${rows.join('')}\n`;
}

/** Describes the enums of a file and of its messages. */
function describeEnums(file: DescFile): string[] {
  const own = file.enums.map((descriptor, index) => describeEnum(file, descriptor, [PATH.enum, index]));
  const held = file.messages.flatMap(({ nestedEnums }, index) =>
    nestedEnums.map((descriptor, inner) => describeEnum(file, descriptor, [PATH.message, index, PATH.nestedEnum, inner])),
  );
  return [...own, ...held];
}

function typeOf({ fieldKind, scalar, message, enum: values, proto, oneof }: DescField): string {
  const named = message ?? values;
  const type = named ? link(named) : `\`${ScalarType[scalar ?? 0]?.toLowerCase()}\``;
  if (fieldKind === 'list') return `repeated ${type}`;
  if (proto.proto3Optional) return `optional ${type}`;
  return oneof === undefined ? type : `${type}, one of \`${oneof.name}\``;
}

function link({ name, typeName, file }: DescMessage | DescEnum): string {
  return PACKAGES.includes(file.proto.package) ? `[${name}](#${name.toLowerCase()})` : `\`${typeName}\``;
}

function pathOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}

/** Returns a comment as the paragraphs of a table cell. */
function cell(file: DescFile, path: readonly number[]): string {
  return comment(file, path).replaceAll('|', '\\|').replaceAll('\n\n', '<br>').replaceAll('\n', ' ');
}
