/** A message as gRPC sends it. */

export const GRPC_FRAME_BYTES = 5;

/** Not compressed, its length, its bytes. */
export function grpcFrame(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(GRPC_FRAME_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, GRPC_FRAME_BYTES);
  return frame;
}
