/** Server reflection (v1 and v1alpha): lets grpcurl and buf curl find the contract, and grpcurl show error details, without any files. */
import { type DescFile, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { file_google_rpc_error_details } from '../../gen/ts/google/rpc/error_details_pb.ts';
import { file_google_rpc_status } from '../../gen/ts/google/rpc/status_pb.ts';
import { file_health_v1_health } from '../../gen/ts/health/v1/health_pb.ts';
import { file_otp_v1_error_reason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { file_otp_v1_otp_service } from '../../gen/ts/otp/v1/otp_service_pb.ts';

const FILES: readonly DescFile[] = [
  file_otp_v1_otp_service,
  file_otp_v1_error_reason,
  file_google_rpc_status,
  file_google_rpc_error_details,
  file_health_v1_health,
];

/** Adds both versions of the reflection service. */
export function addReflection(server: Server): void {
  const files = new Set(FILES.flatMap(withDependencies));
  const fileDescriptorProtos = [...files].map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
  // The library asks for a whole proto-loader package, but reads only the descriptors from it.
  const definitions = { all: { fileDescriptorProtos } };
  new ReflectionService(definitions as unknown as ConstructorParameters<typeof ReflectionService>[0]).addToServer(server);
}

function withDependencies(file: DescFile): DescFile[] {
  return [file, ...file.dependencies.flatMap(withDependencies)];
}
