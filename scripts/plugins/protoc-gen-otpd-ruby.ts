/**
 * A protoc plugin that makes the files of `Otpd::V1` in `otpd/v1` or of `Otpd::AdminV1` in `otpd/admin_v1`: messages from protoc with the comments of
 * the contract, and stubs.
 *
 * protoc derives the load path of generated Ruby from the path of the proto file, which would claim the top-level name `otp` in every program that
 * installs the client. So protoc gets the files under the names that the gem uses. protoc omits comments, so this plugin adds them. gRPC's plugin for
 * stubs needs another protoc (the gem grpc-tools), so this plugin also writes the stubs, which are a list of methods.
 *
 * The option `protoc=<file>` names the protoc to use, and `package=v1` or `package=admin_v1` the package to make.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { create, createFileRegistry, type DescFile, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type CodeGeneratorRequest,
  CodeGeneratorRequestSchema,
  CodeGeneratorResponse_Feature,
  CodeGeneratorResponseSchema,
  FileDescriptorSetSchema,
  FileOptionsSchema,
} from '@bufbuild/protobuf/wkt';
import { documented, stubs } from './ruby-code.ts';

const PACKAGES = [
  { source: 'otp/v1/', folder: 'otpd/v1/', module: 'Otpd::V1' },
  { source: 'otp/admin/v1/', folder: 'otpd/admin_v1/', module: 'Otpd::AdminV1' },
] as const;

const request = fromBinary(CodeGeneratorRequestSchema, readFileSync(0));
const options = new URLSearchParams(request.parameter.replaceAll(',', '&'));
const ours = PACKAGES.find(({ folder }) => folder === `otpd/${options.get('package')}/`);
if (ours === undefined) throw new Error('the option package=v1 or package=admin_v1 is missing');
const { folder: PACKAGE, module: MODULE } = ours;
rename(request);
const set = create(FileDescriptorSetSchema, { file: request.protoFile });
const files = [...createFileRegistry(set).files].filter(({ proto }) => isOurs(proto.name));
const messages = files.length === 0 ? new Map<string, string>() : runProtoc(files.map(({ proto }) => proto.name));
const response = create(CodeGeneratorResponseSchema, {
  supportedFeatures: BigInt(CodeGeneratorResponse_Feature.PROTO3_OPTIONAL),
  file: files.flatMap((file) => [
    { name: fileOf(file, '_pb.rb'), content: documented(file, messages.get(file.proto.name) ?? '') },
    ...(file.services.length > 0 ? [{ name: fileOf(file, '_services_pb.rb'), content: stubs(file, MODULE) }] : []),
  ]),
});
process.stdout.write(toBinary(CodeGeneratorResponseSchema, response));

function isOurs(name: string): boolean {
  return name.startsWith(PACKAGE) && request.fileToGenerate.includes(name);
}

/** Returns the name of a generated file below the folder of the package. */
function fileOf({ proto }: DescFile, ending: string): string {
  return `${basename(proto.name, '.proto')}${ending}`;
}

/** Moves the files of the contract, and all references to them, to the packages of the gem. */
function rename(request: CodeGeneratorRequest): void {
  const moved = (name: string) => {
    const place = PACKAGES.find(({ source }) => name.startsWith(source));
    return place === undefined ? name : `${place.folder}${name.slice(place.source.length)}`;
  };
  request.fileToGenerate = request.fileToGenerate.map(moved);
  for (const file of request.protoFile) {
    file.name = moved(file.name);
    file.dependency = file.dependency.map(moved);
    // Drops the options for other languages, which a Ruby program would load for nothing.
    const place = PACKAGES.find(({ folder }) => file.name.startsWith(folder));
    if (place !== undefined) file.options = create(FileOptionsSchema, { rubyPackage: place.module });
  }
}

/** Returns the code that protoc makes of each file, by name. */
function runProtoc(names: readonly string[]): ReadonlyMap<string, string> {
  const protoc = options.get('protoc');
  if (protoc === null) throw new Error('the option protoc=<file> is missing');
  const folder = mkdtempSync(join(tmpdir(), 'protoc-gen-otpd-ruby-'));
  try {
    const descriptors = join(folder, 'descriptors.binpb');
    writeFileSync(descriptors, toBinary(FileDescriptorSetSchema, set));
    const { status, error } = spawnSync(protoc, [`--descriptor_set_in=${descriptors}`, `--ruby_out=${folder}`, ...names], {
      stdio: ['ignore', 2, 2],
    });
    if (error !== undefined || status !== 0) throw error ?? new Error(`protoc ended with ${status}`);
    return new Map(names.map((name) => [name, readFileSync(join(folder, name.replace(/\.proto$/, '_pb.rb')), 'utf8')]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
