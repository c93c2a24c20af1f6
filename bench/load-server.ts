/** Loads a server as a row describes, with the generator that supports the load. */
import { create, toBinary } from '@bufbuild/protobuf';
import { GenerateRequestSchema, QrFormat } from '../clients/typescript/src/index.ts';
import { type Answer, LABEL } from './checks.ts';
import { type CrowdProcess, startCrowd } from './crowd-process.ts';
import { type H2loadOrder, runH2load } from './h2load.ts';
import { HTTP_CALLS, type HttpCallName } from './http-calls.ts';
import type { Launched } from './launch.ts';
import { type Code, TOKEN_BODY } from './load/bodies.ts';
import { GRPC_FRAME_BYTES, grpcFrame } from './load/grpc-frame.ts';
import type { Outcome } from './outcome.ts';
import { CONNECTIONS, type Load, type Serving, STREAMS } from './rows.ts';

/** A generator, which keeps its connections or makes new ones for each run. */
export interface Generator {
  /** Loads the server for this time and resolves to the figures. Rejects if an answer was not correct. */
  readonly run: (seconds: number) => Promise<Outcome>;
  readonly close: () => void;
  /** The number of calls that the generator has made without a valid API key, to check that they are refused. */
  readonly refused: number;
}

/** The factor by which a server may be faster than its last measurement before the requests run out. */
const HEADROOM = 1.6;
/** The items of each batch that runs beside another load. */
const BATCH_ITEMS = 100;
/** The assumed calls per second of a server that was not measured yet. */
const FIRST_GUESS = 15_000;
/** The number of calls in the check of a row, in which every answer is accounted for. */
const ACCOUNTED: Readonly<Record<ConstantCall, number>> = {
  token: 2000,
  generate: 200,
  'generate-png': 8,
  'json-token': 2000,
  apiverve: 2000,
  '2faotp': 2000,
};

/** Makes the generator for a load. `answer` describes a correct answer. */
export async function generatorFor(launched: Launched, serving: Serving, load: Load, answer: Answer): Promise<Generator> {
  const { call, streams = STREAMS } = load;
  if (call === 'verify-right') return crowdGenerator(launched, serving, load, 'right');
  if (call === 'verify-wrong') return crowdGenerator(launched, serving, load, 'wrong');
  if (call === 'token' && (load.rate !== undefined || load.items !== undefined))
    return crowdGenerator(launched, serving, load, 'none');
  const under = load.http === 1 ? { connections: CONNECTIONS * streams, streams: 1 } : { connections: CONNECTIONS, streams };
  const order = { ...orderOf(launched, call, answer), ...under, http: load.http };
  // This run accounts for every answer. In later runs, the calls in progress at the end may hide as many errors.
  await runH2load({ ...order, until: { calls: ACCOUNTED[call] } });
  return { run: (seconds) => runH2load({ ...order, until: { seconds } }), close: () => undefined, refused: 0 };
}

/** Keeps some Generate calls in progress while `beside` runs. */
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

/** Keeps some batches of wrong codes in progress while `beside` runs. */
export async function withBatches<T>(crowd: CrowdProcess, seconds: number, beside: () => Promise<T>): Promise<T> {
  await crowd.prepare(Math.ceil((FIRST_GUESS / BATCH_ITEMS) * HEADROOM * (seconds + 1)));
  const [outcome] = await Promise.all([sleepThen(300, beside), crowd.run(seconds + 1)]);
  return outcome;
}

/** Connects the callers of these batches. */
export function batchCrowd({ server, apiKey, folder }: Launched, underWay: number): Promise<CrowdProcess> {
  const { address } = server;
  const connections = Math.min(underWay, CONNECTIONS);
  return startCrowd(
    { address, apiKeys: [apiKey], guarded: false, connections, underWay, code: 'wrong', items: BATCH_ITEMS },
    folder,
  );
}

/** Makes the generator for loads that h2load does not support: different requests, and even intervals. */
async function crowdGenerator(launched: Launched, { kind }: Serving, load: Load, code: Code): Promise<Generator> {
  const { server, apiKey, folder } = launched;
  const isOpen = kind === 'bare' || kind === 'least';
  const crowd = await startCrowd(
    {
      address: server.address,
      apiKeys: [apiKey],
      guarded: !isOpen,
      connections: CONNECTIONS,
      underWay: CONNECTIONS * (load.streams ?? STREAMS),
      code,
      rate: load.rate,
      items: load.items,
      client: load.client,
    },
    folder,
  );
  // A server without API keys refuses no call, and the client library needs no refused call to recognise an error.
  const refused = isOpen || load.client !== undefined ? 0 : 1;
  let perSecond = load.rate ?? FIRST_GUESS / (load.items ?? 1);
  return {
    async run(seconds) {
      await crowd.prepare(Math.ceil(perSecond * HEADROOM * seconds));
      const outcome = await crowd.run(seconds);
      perSecond = outcome.calls / outcome.seconds;
      return outcome;
    },
    close: crowd.close,
    refused,
  };
}

/** A call whose request never changes. */
type ConstantCall = 'token' | 'generate' | 'generate-png' | HttpCallName;
type OrderOfRow = Omit<H2loadOrder, 'connections' | 'streams' | 'until'>;

function orderOf({ server, httpAddress, apiKey, folder }: Launched, call: ConstantCall, { bytes }: Answer): OrderOfRow {
  if (call === 'json-token' || call === 'apiverve' || call === '2faotp') {
    const { path, contentType, body } = HTTP_CALLS[call];
    const headers = { 'content-type': contentType, 'x-api-key': apiKey };
    return { address: httpAddress, path, headers, folder, body, answerBytes: bytes };
  }
  const [least, most] = bytes;
  return {
    address: server.address,
    path: `/otp.v1.OtpService/${call === 'token' ? 'Token' : 'Generate'}`,
    headers: { 'content-type': 'application/grpc', te: 'trailers', 'x-api-key': apiKey },
    folder,
    body: grpcFrame(bodyOf(call)),
    answerBytes: [least + GRPC_FRAME_BYTES, most + GRPC_FRAME_BYTES],
  };
}

function bodyOf(call: 'token' | 'generate' | 'generate-png'): Uint8Array {
  if (call === 'token') return TOKEN_BODY;
  const format = call === 'generate-png' ? QrFormat.PNG : QrFormat.NONE;
  return toBinary(GenerateRequestSchema, create(GenerateRequestSchema, { ...LABEL, qrCode: { format } }));
}

async function sleepThen<T>(ms: number, run: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return run();
}
