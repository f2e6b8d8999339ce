export { checkHop } from './addresses.ts';
export { createHttpClient } from './client.ts';
export { type Downloaded, type DownloadOptions, download } from './download.ts';
export { errandsOf } from './errands.ts';
export { readBounded, readUpTo } from './read-bounded.ts';
export { allowManyListeners } from './signals.ts';
export type {
  HostSettings,
  HttpClient,
  HttpClientOptions,
  HttpRequest,
  HttpResponse,
  UpgradeRequest,
  UpgradingClient,
  WebSocketConnection,
} from './types.ts';
