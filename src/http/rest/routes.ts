/** The paths of the REST APIs, known before any of them is loaded. */
import type { RestRoute } from './rest-api.ts';

export const BARCODES = '/tools/v1/barcodes';
export const GRAPHQL = '/v1/graphql';

export const gentlentRoutes: readonly RestRoute[] = [
  { method: 'POST', path: '/tools/v1/otp' },
  { method: 'GET', path: BARCODES, isOpen: true },
];
export const toolkitApiRoutes: readonly RestRoute[] = [{ method: 'GET', path: '/v1/auth/totp-generate' }];
export const twoFaOtpLiveRoutes: readonly RestRoute[] = ['POST', 'GET'].map((method) => ({ method, path: '/api/2fa/generate' }));
export const apiVerveRoutes: readonly RestRoute[] = ['/v1/totpgenerator', GRAPHQL].map((path) => ({ method: 'POST', path }));
