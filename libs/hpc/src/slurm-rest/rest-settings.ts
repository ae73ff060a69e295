import type { ConfigReader } from '../config-reader.js';
import { isApiVersion, API_VERSIONS, type ApiVersion } from './api-version.js';

/** Where tokens come from; each place is asked again when a token runs out. */
export type TokenPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly variable: string }
  /** A program and its arguments; its last line is the token, with or without `SLURM_JWT=`. */
  | { readonly kind: 'command'; readonly argv: readonly string[] };

/** How to reach one slurmrestd. */
export interface RestSettings {
  /** Without a slash at its end. */
  readonly url: string;
  readonly user: string;
  readonly token: TokenPlace;
  /** How long tokens are good for that do not say it themselves; null: until they are refused. */
  readonly tokenLifespanSeconds: number | null;
  /** Only this one, instead of the newest that both sides speak. */
  readonly apiVersion: ApiVersion | null;
  readonly timeoutSeconds: number;
  /** What slurmrestd does not tell before v0.0.45; Slurm's own defaults unless the site is known to differ. */
  readonly maxArraySize: number;
  readonly messageTimeoutSeconds: number;
}

/** A slurmctld that is down takes slurmrestd 29 s to notice. */
const TIMEOUT_SECONDS = 60;
const MAX_ARRAY_SIZE = 1001;
/** Ten times Slurm's own default of 10 s, because too long only delays a reconciliation, and too short could double a job. */
const MESSAGE_TIMEOUT_SECONDS = 100;

/** Reads its part of a location's backend_config; the caller calls `end`. */
export function readRestSettings(reader: ConfigReader): RestSettings {
  const token = reader.object('token') ?? reader.refuse('token', 'is missing');
  const place = readTokenPlace(token);
  const tokenLifespanSeconds = token.has('lifespan_seconds') ? token.whole('lifespan_seconds', 1) : null;
  token.end();
  return {
    url: readUrl(reader),
    user: reader.text('user'),
    token: place,
    tokenLifespanSeconds,
    apiVersion: readApiVersion(reader),
    timeoutSeconds: reader.whole('timeout_seconds', TIMEOUT_SECONDS),
    maxArraySize: reader.whole('max_array_size', MAX_ARRAY_SIZE),
    messageTimeoutSeconds: reader.whole('message_timeout_seconds', MESSAGE_TIMEOUT_SECONDS),
  };
}

function readTokenPlace(token: ConfigReader): TokenPlace {
  const path = token.optionalPath('file');
  const variable = token.optionalText('env');
  const argv = token.texts('command');
  const places: TokenPlace[] = [
    ...(path === null ? [] : [{ kind: 'file' as const, path }]),
    ...(variable === null ? [] : [{ kind: 'env' as const, variable }]),
    ...(argv === null ? [] : [{ kind: 'command' as const, argv }]),
  ];
  const [place] = places;
  if (place === undefined || places.length > 1)
    return token.refuse('file', 'or "env" or "command" must be set, and only one of them');
  return place;
}

function readUrl(reader: ConfigReader): string {
  const text = reader.text('url');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return reader.refuse('url', 'is not an http or https URL');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return reader.refuse('url', 'has a user, a password, a query or a fragment, none of which is used');
  return url.href.replace(/\/+$/, '');
}

function readApiVersion(reader: ConfigReader): ApiVersion | null {
  const version = reader.optionalText('api_version');
  if (version === null || isApiVersion(version)) return version;
  return reader.refuse('api_version', `is none of ${API_VERSIONS.join(', ')}`);
}
