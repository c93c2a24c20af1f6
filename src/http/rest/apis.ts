/** The REST APIs that this service replaces. */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../ports/store.ts';
import type { LazyRestApi, RestApi, RestRoute } from './rest-api.ts';
import { apiVerveRoutes, gentlentRoutes, toolkitApiRoutes, twoFaOtpLiveRoutes } from './routes.ts';

export interface RestApiParts {
  /** 32 bytes for sealing the links to pictures, the same in all processes and instances. */
  readonly linkKey: KeyObject;
  readonly clock: Clock;
}

/** An API that is loaded once, at its first call. */
function lazily(routes: readonly RestRoute[], load: () => Promise<RestApi>): LazyRestApi {
  let loaded: Promise<RestApi> | undefined;
  return {
    routes,
    load() {
      loaded ??= load();
      return loaded;
    },
  };
}

/** All of them. */
export function restApis({ linkKey, clock }: RestApiParts): readonly LazyRestApi[] {
  return [
    lazily(gentlentRoutes, async () => {
      const [{ createGentlent }, { createPictureLinks }] = await Promise.all([
        import('./gentlent.ts'),
        import('./picture-links.ts'),
      ]);
      return createGentlent(createPictureLinks(linkKey, clock));
    }),
    lazily(toolkitApiRoutes, async () => (await import('./toolkit-api.ts')).toolkitApi),
    lazily(twoFaOtpLiveRoutes, async () => (await import('./two-fa-otp-live.ts')).twoFaOtpLive),
    lazily(apiVerveRoutes, async () => (await import('./api-verve.ts')).apiVerve),
  ];
}
