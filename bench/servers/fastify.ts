/** A typical REST server: Fastify and otplib with default options, a constant API key, no limits, and no state. */
import fastify, { type FastifyInstance } from 'fastify';
import { generate } from 'otplib';

const PERIOD = 30;

const server: FastifyInstance = fastify();
server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
  done(null, Object.fromEntries(new URLSearchParams(String(body)))),
);
server.addHook('onRequest', async (request, reply) => {
  if (request.headers['x-api-key'] !== process.env['BENCH_API_KEY']) await reply.code(401).send({ error: 'wrong API key' });
});
server.post('/v1/totpgenerator', async (request) => {
  const { secret, digits = 6, period = PERIOD } = request.body as { secret: string; digits?: 6 | 7 | 8; period?: number };
  const now = Date.now() / 1000;
  const token = await generate({ secret, digits, period });
  const expires = (Math.floor(now / period) + 1) * period;
  const expiresAt = new Date(expires * 1000).toISOString().replace('.000', '');
  return { status: 'ok', error: null, data: { token, digits, period, timeRemaining: Math.ceil(expires - now), expiresAt } };
});
server.post('/api/2fa/generate', async (request) => {
  const { secret } = request.body as { secret: string };
  const now = Date.now() / 1000;
  const code = await generate({ secret });
  const expires = (Math.floor(now / PERIOD) + 1) * PERIOD;
  const data = { code, remaining_time: Math.ceil(expires - now), timestamp: Math.floor(now), valid_until: expires };
  return { code: 200, message: 'success', data };
});
process.once('SIGTERM', () => process.exit());
process.stdout.write(`Fastify listens on ${new URL(await server.listen({ host: '127.0.0.1', port: 0 })).host}\n`);
