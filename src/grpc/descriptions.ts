/** Answers server reflection about a set of files: finds the file of a name or an extension, and the files that it imports. */
import { type AnyDesc, type DescEnum, type DescFile, type DescMessage, type DescService, toBinary } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/** A file and every file that it imports, directly or not; each is a `FileDescriptorProto` in bytes. */
export type Description = readonly Uint8Array[];

/** The look-ups. Strangers choose names and numbers, so any text may come. They return undefined for unknown ones. */
export interface Descriptions {
  /** The full names of the services that the given files declare. */
  readonly services: readonly string[];
  readonly ofFile: (name: string) => Description | undefined;
  /** A message, field, oneof, enum, value, service, method or extension. */
  readonly ofSymbol: (name: string) => Description | undefined;
  readonly ofExtension: (message: string, number: number) => Description | undefined;
  /** Empty for a message without extensions. */
  readonly extensionNumbers: (message: string) => readonly number[] | undefined;
}

/** Describes `files` and their imports. */
export function describe(files: readonly DescFile[]): Descriptions {
  const all = new Set(files.flatMap(withImports));
  const bytes = new Map([...all].map((file) => [file, toBinary(FileDescriptorProtoSchema, file.proto)]));
  const described = new Map([...all].map((file) => [file, bytesOf(new Set(withImports(file)), bytes)]));
  const names = new Map([...all].map((file) => [file.name, file]));
  const symbols = new Map<string, DescFile>();
  const extensions = new Map<string, Map<number, DescFile>>();
  for (const file of all) {
    for (const type of nestedTypes(file)) {
      for (const name of [type.typeName, ...memberNames(type)]) symbols.set(name, file);
      if (type.kind === 'message' && !extensions.has(type.typeName)) extensions.set(type.typeName, new Map());
      if (type.kind !== 'extension') continue;
      const known = extensions.get(type.extendee.typeName) ?? new Map<number, DescFile>();
      extensions.set(type.extendee.typeName, known.set(type.number, file));
    }
  }
  const describing = (file: DescFile | undefined) => file && described.get(file);
  return {
    services: files.flatMap((file) => file.services.map(({ typeName }) => typeName)),
    // Imports have paths with an extension, descriptors have the same paths without it.
    ofFile: (name) => (name.endsWith('.proto') ? describing(names.get(name.slice(0, -'.proto'.length))) : undefined),
    ofSymbol: (name) => describing(symbols.get(name)),
    ofExtension: (message, number) => describing(extensions.get(message)?.get(number)),
    extensionNumbers: (message) => {
      const known = extensions.get(message);
      return known && [...known.keys()];
    },
  };
}

function withImports(file: DescFile): DescFile[] {
  return [file, ...file.dependencies.flatMap(withImports)];
}

function bytesOf(files: Iterable<DescFile>, bytes: ReadonlyMap<DescFile, Uint8Array>): Description {
  return [...files].flatMap((file) => bytes.get(file) ?? []);
}

/** The full names declared within a type. The names of enum values are siblings of the name of their enum (protobuf, "Enum Value Scoping"). */
function memberNames(type: DescMessage | DescEnum | DescService | Extract<AnyDesc, { kind: 'extension' }>): string[] {
  switch (type.kind) {
    case 'message':
      return [...type.fields, ...type.oneofs].map(({ name }) => `${type.typeName}.${name}`);
    case 'service':
      return type.methods.map(({ name }) => `${type.typeName}.${name}`);
    case 'enum':
      return type.values.map(({ name }) => type.typeName.slice(0, -type.name.length) + name);
    case 'extension':
      return [];
  }
}
