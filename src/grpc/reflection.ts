/** Server reflection (v1 and v1alpha): grpcurl and buf curl find the contract, and grpcurl shows error details, without any files. */
import { create, type DescFile, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type handleBidiStreamingCall, type Server, status } from '@grpc/grpc-js';
import { file_google_rpc_error_details } from '../../gen/ts/google/rpc/error_details_pb.ts';
import { file_google_rpc_status } from '../../gen/ts/google/rpc/status_pb.ts';
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from '../../gen/ts/grpc/reflection/v1/reflection_pb.ts';
import { file_health_v1_health } from '../../gen/ts/health/v1/health_pb.ts';
import { file_otp_admin_v1_admin_service } from '../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { file_otp_v1_error_reason } from '../../gen/ts/otp/v1/error_reason_pb.ts';
import { file_otp_v1_otp_service } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { type Description, type Descriptions, describe } from './descriptions.ts';
import { defineMethod } from './handlers.ts';

const FILES: readonly DescFile[] = [
  file_otp_v1_otp_service,
  file_otp_admin_v1_admin_service,
  file_otp_v1_error_reason,
  file_google_rpc_status,
  file_google_rpc_error_details,
  file_health_v1_health,
];

/** The two versions differ only in their names. */
const SERVICES = [ServerReflection.typeName, 'grpc.reflection.v1alpha.ServerReflection'];

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>;

/** Adds both versions of the reflection service. */
export function addReflection(server: Server): void {
  const descriptions = describe(FILES);
  const { serverReflectionInfo: method } = ServerReflection.method;
  // `flow-control.ts` determines how fast requests are passed on.
  const serverReflectionInfo: handleBidiStreamingCall<ServerReflectionRequest, ServerReflectionResponse> = (call) => {
    call.on('data', (request: ServerReflectionRequest) => {
      const { host: validHost } = request;
      const messageResponse = answer(request.messageRequest, descriptions);
      call.write(create(ServerReflectionResponseSchema, { validHost, originalRequest: request, messageResponse }));
    });
    call.on('end', () => call.end());
  };
  for (const service of SERVICES) {
    const definition = {
      ...defineMethod(method),
      path: `/${service}/${method.name}`,
      requestStream: true,
      responseStream: true,
      requestDeserialize: (bytes: Buffer) => fromBinary(ServerReflectionRequestSchema, bytes, { readUnknownFields: false }),
      responseSerialize: (response: ServerReflectionResponse) => Buffer.from(toBinary(ServerReflectionResponseSchema, response)),
    };
    server.addService({ serverReflectionInfo: definition }, { serverReflectionInfo });
  }
}

function answer({ case: asked, value }: ServerReflectionRequest['messageRequest'], descriptions: Descriptions): Answer {
  switch (asked) {
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: descriptions.services.map((name) => ({ name })) } };
    case 'fileByFilename':
      return fileAnswer(descriptions.ofFile(value), 'file');
    case 'fileContainingSymbol':
      return fileAnswer(descriptions.ofSymbol(value), 'symbol');
    case 'fileContainingExtension':
      return fileAnswer(descriptions.ofExtension(value.containingType, value.extensionNumber), 'extension');
    case 'allExtensionNumbersOfType': {
      const numbers = descriptions.extensionNumbers(value);
      if (numbers === undefined) return notFound('message');
      return { case: 'allExtensionNumbersResponse', value: { baseTypeName: value, extensionNumber: [...numbers] } };
    }
    default:
      return failure(status.UNIMPLEMENTED, 'a request for nothing that this service knows');
  }
}

function fileAnswer(description: Description | undefined, what: string): Answer {
  if (description === undefined) return notFound(what);
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto: [...description] } };
}

/** Omits the request, since clients know it. */
function notFound(what: string): Answer {
  return failure(status.NOT_FOUND, `no such ${what}: ask for the services first`);
}

function failure(errorCode: number, errorMessage: string): Answer {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}
