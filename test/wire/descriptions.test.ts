/** Reflection of files: the files of the contract, and made files for features that the contract does not use. */
import { create, createFileRegistry, type DescFile, fromBinary } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import { file_otp_v1_otp_service, OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { type Description, describe as describeFiles } from '../../src/grpc/descriptions.ts';

const ours = describeFiles([file_otp_v1_otp_service]);

test('a file is returned with all its imports, itself first and each once', () => {
  const names = namesOf(ours.ofFile('otp/v1/otp_service.proto'));
  expect(names[0]).toBe('otp/v1/otp_service.proto');
  expect(names.toSorted()).toEqual([...new Set(closure(file_otp_v1_otp_service))].toSorted());
  expect(namesOf(ours.ofFile('google/protobuf/timestamp.proto'))).toEqual(['google/protobuf/timestamp.proto']);
});

test('every name of the contract is found in its file', () => {
  const message = OtpService.method.token.output;
  const symbols = [...nestedTypes(file_otp_v1_otp_service)].map(({ typeName }) => typeName);
  expect(symbols.length).toBeGreaterThan(5);
  for (const name of [
    ...symbols,
    'otp.v1.OtpService.WatchToken',
    ...message.fields.map(({ name }) => `${message.typeName}.${name}`),
  ])
    expect(namesOf(ours.ofSymbol(name))[0], name).toBe('otp/v1/otp_service.proto');
  expect(namesOf(ours.ofSymbol('otp.v1.Key.source'))[0]).toBe('otp/v1/key.proto');
});

test('the value of an enum is named beside it', () => {
  expect(namesOf(ours.ofSymbol('otp.v1.OTP_TYPE_TOTP'))[0]).toBe('otp/v1/key.proto');
  expect(ours.ofSymbol('otp.v1.OtpType.OTP_TYPE_TOTP')).toBeUndefined();
});

test('an unknown name is not found, whatever it is', () => {
  for (const name of ['', '.', 'otp.v1', 'otp/v1/otp_service', 'otp.v1.Nothing', '__proto__', 'constructor', '.proto']) {
    expect(ours.ofFile(name), name).toBeUndefined();
    expect(ours.ofSymbol(name), name).toBeUndefined();
    expect(ours.extensionNumbers(name), name).toBeUndefined();
    expect(ours.ofExtension(name, 1), name).toBeUndefined();
  }
});

test('extensions are found by their message and number', () => {
  const described = describeFiles([fileWithExtension()]);
  expect(described.extensionNumbers('a.Base')).toEqual([100]);
  expect(namesOf(described.ofExtension('a.Base', 100))).toEqual(['b.proto', 'a.proto']);
  expect(namesOf(described.ofSymbol('b.extra'))[0]).toBe('b.proto');
  expect(described.ofExtension('a.Base', 101)).toBeUndefined();
  expect(ours.extensionNumbers('otp.v1.TokenRequest')).toEqual([]);
});

test('only the services of the described files are listed', () => {
  expect(ours.services).toEqual(['otp.v1.OtpService']);
});

function namesOf(description: Description | undefined): string[] {
  return (description ?? []).map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
}

function closure({ name, dependencies }: DescFile): string[] {
  return [`${name}.proto`, ...dependencies.flatMap(closure)];
}

/** Returns `b.proto`, which extends a message of `a.proto`. */
function fileWithExtension(): DescFile {
  const extra = {
    name: 'extra',
    number: 100,
    extendee: '.a.Base',
    type: FieldDescriptorProto_Type.STRING,
    label: FieldDescriptorProto_Label.OPTIONAL,
  };
  const base = { name: 'Base', extensionRange: [{ start: 100, end: 200 }] };
  const file = [
    { name: 'a.proto', package: 'a', syntax: 'proto2', messageType: [base] },
    { name: 'b.proto', package: 'b', syntax: 'proto2', dependency: ['a.proto'], extension: [extra] },
  ];
  const found = createFileRegistry(create(FileDescriptorSetSchema, { file })).getFile('b.proto');
  if (found === undefined) throw new Error('no b.proto');
  return found;
}
