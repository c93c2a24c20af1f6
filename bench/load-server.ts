/** Loads a server in the way a row says, by the generator that can. */
import { create, toBinary } from '@bufbuild/protobuf';
import { GenerateRequestSchema, QrFormat } from '../src/client/index.ts';
import { type Answer, LABEL } from './checks.ts';
import { startCrowd } from './crowd-process.ts';
import { type H2loadOrder, runH2load } from './h2load.ts';
import type { Launched } from './launch.ts';
import { type Code, TOKEN_BODY } from './load/bodies.ts';
import type { Outcome } from './outcome.ts';
import { CONNECTIONS, type Load, type Serving, STREAMS } from './rows.ts';

/** A generator that has its connections, or makes them with each run. */
export interface Generator {
  /** Loads for so long; what was seen. Throws if an answer was not right. */
  readonly run: (seconds: number) => Promise<Outcome>;
  readonly close: () => void;
  /** Calls that it made without a good key, to see them refused. */
  readonly refused: number;
}

/** How much faster than it was seen to be a server may turn out, before requests run out. */
const HEADROOM = 1.6;
/** Calls a second of which nothing is known yet. */
const FIRST_GUESS = 15_000;
/** How many calls are sent whose answers are all accounted for. */
const ACCOUNTED: Readonly<Record<ConstantCall, number>> = { token: 2000, generate: 200, 'generate-png': 8 };

/** The generator for a load; `answer` is what a right answer looks like. */
export async function generatorFor(launched: Launched, serving: Serving, load: Load, answer: Answer): Promise<Generator> {
  const { call, streams = STREAMS } = load;
  if (call === 'verify-right') return crowdGenerator(launched, serving, load, 'right');
  if (call === 'verify-wrong') return crowdGenerator(launched, serving, load, 'wrong');
  if (call === 'token' && load.rate !== undefined) return crowdGenerator(launched, serving, load, 'none');
  const order = { ...orderOf(launched, call, answer), connections: CONNECTIONS, streams };
  // Once at the start every answer is accounted for; later those that are under way at the end may hide as many errors.
  await runH2load({ ...order, until: { calls: ACCOUNTED[call] } });
  return { run: (seconds) => runH2load({ ...order, until: { seconds } }), close: () => undefined, refused: 0 };
}

/** Keeps some Generate calls under way while `beside` runs. */
export async function withStorm<T>(
  launched: Launched,
  answer: Answer,
  calls: number,
  seconds: number,
  beside: () => Promise<T>,
): Promise<T> {
  const order = { ...orderOf(launched, 'generate-png', answer), connections: 4, streams: Math.ceil(calls / 4) };
  const storm = runH2load({ ...order, until: { seconds: seconds + 1 } });
  const [outcome] = await Promise.all([sleepThen(300, beside), storm]);
  return outcome;
}

/** For what h2load cannot do: requests that differ, and even intervals. */
async function crowdGenerator(launched: Launched, { kind }: Serving, load: Load, code: Code): Promise<Generator> {
  const { server, apiKey, folder } = launched;
  const crowd = await startCrowd(
    {
      address: server.address,
      apiKeys: [apiKey],
      guarded: kind !== 'bare',
      connections: CONNECTIONS,
      underWay: CONNECTIONS * (load.streams ?? STREAMS),
      code,
      rate: load.rate,
    },
    folder,
  );
  let perSecond = load.rate ?? FIRST_GUESS;
  return {
    async run(seconds) {
      await crowd.prepare(Math.ceil(perSecond * HEADROOM * seconds));
      const outcome = await crowd.run(seconds);
      perSecond = outcome.calls / outcome.seconds;
      return outcome;
    },
    close: crowd.close,
    refused: kind === 'bare' ? 0 : 1,
  };
}

/** A call whose request never changes. */
type ConstantCall = 'token' | 'generate' | 'generate-png';
type OrderOfRow = Omit<H2loadOrder, 'connections' | 'streams' | 'until'>;

function orderOf({ server, apiKey, folder }: Launched, call: ConstantCall, { bytes }: Answer): OrderOfRow {
  const method = call === 'token' ? 'Token' : 'Generate';
  return { address: server.address, method, apiKey, folder, body: bodyOf(call), answerBytes: bytes };
}

function bodyOf(call: ConstantCall): Uint8Array {
  if (call === 'token') return TOKEN_BODY;
  const format = call === 'generate-png' ? QrFormat.PNG : QrFormat.NONE;
  return toBinary(GenerateRequestSchema, create(GenerateRequestSchema, { ...LABEL, qrCode: { format } }));
}

async function sleepThen<T>(ms: number, run: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return run();
}
