export { SlurmRestClient, type RestClientOptions } from './rest-client.js';
export { readRestSettings, type RestSettings, type TokenPlace } from './rest-settings.js';
export { API_VERSIONS, type ApiVersion } from './api-version.js';
