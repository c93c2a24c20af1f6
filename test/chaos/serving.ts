/** Whether instances serve, according to their health and their log. */
import { setTimeout as pause } from 'node:timers/promises';
import { Health, HealthCheckResponse_ServingStatus as Serving } from '../../gen/ts/health/v1/health_pb.ts';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { TestClient } from '../support/client.ts';
import { runningMs } from '../support/running-time.ts';
import type { Instance } from './instance.ts';

/** The longest time until the service is back, in ms: two seconds, and the time that a process may wait for a processor on a busy machine. */
export const BACK_WITHIN: number = 2000 + 500;
export const AWAY = 'the store cannot be reached: Verify answers UNAVAILABLE, Generate and Token go on under a local limit';
export const BACK = 'the store is back: Verify is served again';

/** Whether an instance serves, by the health of the whole server (``) or, by default, of the service. */
export async function isServing(client: TestClient, service: string = OtpService.typeName): Promise<boolean> {
  const { response } = await client.call(Health.method.check, { service });
  return response?.status === Serving.SERVING;
}

/** Resolves to the time until every instance has the wanted health, in ms. */
export async function untilServing(clients: readonly TestClient[], wanted: boolean): Promise<number> {
  const startedAt = runningMs();
  while (!(await Promise.all(clients.map((client) => isServing(client)))).every((serving) => serving === wanted)) {
    if (runningMs() - startedAt > 10_000) throw new Error(`not ${wanted ? 'SERVING' : 'NOT_SERVING'} within 10 s`);
    await pause(20);
  }
  return runningMs() - startedAt;
}

/** Returns the changes of state in the log. */
export function changes({ log }: Instance): string[] {
  return log().flatMap(({ msg }) => (msg === AWAY || msg === BACK ? [msg] : []));
}
