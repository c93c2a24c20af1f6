/** Frames a message for gRPC. */

export const GRPC_FRAME_BYTES = 5;

/** Adds the prefix: the flag for no compression and the length. */
export function grpcFrame(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(GRPC_FRAME_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, GRPC_FRAME_BYTES);
  return frame;
}
