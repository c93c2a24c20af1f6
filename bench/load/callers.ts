/** Callers of Verify that use the TypeScript client as an app does: many calls in progress on its single connection. */
import { fromBinary } from '@bufbuild/protobuf';
import { connect, VerifyRequestSchema, VerifyStatus } from '../../clients/typescript/src/index.ts';
import type { Crowd } from './crowd.ts';
import { GRPC_FRAME_BYTES } from './grpc-frame.ts';
import type { CrowdOptions } from './open.ts';

/** Makes the callers, which connect at the first call. */
export function gatherCallers({ address, apiKeys: [apiKey = ''], underWay, code, client: options }: CrowdOptions): Crowd {
  const client = connect(address, apiKey, { plaintext: true, ...options });
  const due = code === 'right' ? VerifyStatus.ACCEPTED : VerifyStatus.MISMATCH;
  return {
    async run(frames, seconds) {
      const requests = frames.map((frame) => fromBinary(VerifyRequestSchema, frame.subarray(GRPC_FRAME_BYTES)));
      const micros = new Float64Array(requests.length);
      let [sent, ended, wrong] = [0, 0, 0];
      const startedAt = performance.now();
      const stopAt = startedAt + seconds * 1000;
      async function callInTurn(): Promise<void> {
        for (;;) {
          const sentAt = performance.now();
          const request = requests[sent];
          if (request === undefined || sentAt >= stopAt) return;
          sent += 1;
          const { status } = await client.verify(request);
          micros[ended] = (performance.now() - sentAt) * 1000;
          ended += 1;
          if (status !== due) wrong += 1;
        }
      }
      await Promise.all(Array.from({ length: underWay }, callInTurn));
      return { calls: ended, seconds: (performance.now() - startedAt) / 1000, wrong, micros: micros.subarray(0, ended) };
    },
    close: client.close,
  };
}
