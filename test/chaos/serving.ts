/** Whether instances say that they serve, by their health and in their log. */
import { setTimeout as pause } from 'node:timers/promises';
import { Health, HealthCheckResponse_ServingStatus as Serving } from '../../gen/ts/health/v1/health_pb.ts';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { TestClient } from '../support/client.ts';
import { runningMs } from '../support/running-time.ts';
import type { Instance } from './instance.ts';

/** How long the return to service may take, plus the most that a process may wait for its turn on a busy machine, in ms. */
export const BACK_WITHIN: number = 2000 + 500;
export const AWAY = 'the store cannot be reached: Verify answers UNAVAILABLE, Generate and Token go on under a local limit';
export const BACK = 'the store is back: Verify is served again';

/** By the health of the whole server (``), or of the service by default. */
export async function isServing(client: TestClient, service: string = OtpService.typeName): Promise<boolean> {
  const { response } = await client.call(Health.method.check, { service });
  return response?.status === Serving.SERVING;
}

/** Ms until every instance says so. */
export async function untilServing(clients: readonly TestClient[], wanted: boolean): Promise<number> {
  const startedAt = runningMs();
  while (!(await Promise.all(clients.map((client) => isServing(client)))).every((serving) => serving === wanted)) {
    if (runningMs() - startedAt > 10_000) throw new Error(`not ${wanted ? 'SERVING' : 'NOT_SERVING'} within 10 s`);
    await pause(20);
  }
  return runningMs() - startedAt;
}

/** The changes of state that the log tells. */
export function changes({ log }: Instance): string[] {
  return log().flatMap(({ msg }) => (msg === AWAY || msg === BACK ? [msg] : []));
}
