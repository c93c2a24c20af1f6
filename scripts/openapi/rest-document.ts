/** Prints the OpenAPI document of the four REST APIs that the server supports besides its own calls. */
import { apiverve } from './rest/apiverve.ts';
import { gentlent } from './rest/gentlent.ts';
import { toolkitApi } from './rest/toolkit-api.ts';
import { twoFaOtpLive } from './rest/two-fa-otp-live.ts';
import { ANSWER_HEADERS, RETRY_HEADER, SECURITY, SECURITY_SCHEMES, SERVERS } from './shared.ts';

const APIS = [gentlent, toolkitApi, twoFaOtpLive, apiverve];

const document = {
  openapi: '3.1.0',
  info: {
    title: 'otpd: the calls of four other APIs',
    version: 'v1',
    summary: 'For callers of Gentlent, ToolkitAPI, 2faotp.live and APIVerve who move to otpd',
    description: `otpd answers the calls of four APIs on their own paths, with their own fields and errors, so that a caller changes the address and the
API key and nothing else. New programs should use the calls of otpd itself, which are described in \`/openapi.json\`: only these check a code
and remember that it was used.`,
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: SERVERS,
  security: SECURITY,
  tags: APIS.map(({ tag }) => tag),
  paths: Object.assign({}, ...APIS.map(({ paths }) => paths)),
  components: {
    securitySchemes: {
      ...SECURITY_SCHEMES,
      queryApiKey: {
        type: 'apiKey',
        in: 'query',
        name: 'api_key',
        description: 'The same API key in the query. Logs of proxies hold the query of a request: prefer the header.',
      },
    },
    headers: { ...ANSWER_HEADERS, ...RETRY_HEADER },
    schemas: Object.assign({}, ...APIS.map(({ schemas }) => schemas)),
  },
};

process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
