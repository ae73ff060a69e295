import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf, type RegistryImage } from '@meridian/core';
import { ImageUnusable } from './image-problem.js';

export interface RegistryOptions {
  /** Hosts, with their ports, that are spoken to without TLS. */
  readonly insecureRegistries: ReadonlySet<string>;
  /** Where `apptainer registry login` keeps what it was told. */
  readonly credentialsFile: string;
}

const TIMEOUT_MS = 30_000;
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** Docker Hub is called by a name that is not that of its registry. */
const HUB = {
  name: 'docker.io',
  host: 'registry-1.docker.io',
  credentials: 'https://index.docker.io/v1/',
} as const;

/**
 * The digest of what a tag means now: of the manifest's bytes as the registry sends them.
 *
 * @throws ImageUnusable when the registry does not answer, refuses, or has no such image
 */
export async function resolveDigest(
  image: RegistryImage,
  options: RegistryOptions,
  signal: AbortSignal,
): Promise<string> {
  const { registry, repository, tag } = image;
  const scheme = options.insecureRegistries.has(registry) ? 'http' : 'https';
  const host = registry === HUB.name ? HUB.host : registry;
  const url = `${scheme}://${host}/v2/${repository}/manifests/${tag}`;
  const ask = (authorization: string | null): Promise<Response> =>
    get(url, registry, { accept: MANIFESTS, authorization, signal });
  let response = await ask(null);
  if (response.status === 401) {
    const credentials = await credentialsOf(registry, options.credentialsFile);
    response = await ask(await authorize(response, { registry, credentials, signal }));
  }
  if (response.ok)
    return `sha256:${createHash('sha256')
      .update(await bytesOf(response, registry))
      .digest('hex')}`;
  throw new ImageUnusable(refusal(response.status, image));
}

function refusal(status: number, { registry, repository, tag }: RegistryImage): string {
  if (status === 404) return `is not known to registry ${registry}: it has no ${repository}:${tag}`;
  if (status === 401 || status === 403)
    return `is refused by registry ${registry}: log in with "apptainer registry login" as the workflow-manager's user, or correct the name`;
  return `cannot be looked up: registry ${registry} answers with HTTP ${status}`;
}

interface Question {
  readonly accept: string;
  readonly authorization: string | null;
  readonly signal: AbortSignal;
}

async function get(url: string, registry: string, question: Question): Promise<Response> {
  const { accept, authorization } = question;
  const signal = AbortSignal.any([question.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const headers = { accept, ...(authorization === null ? {} : { authorization }) };
  return fetch(url, { headers, signal }).catch((error: unknown) => {
    throw silence(registry, error);
  });
}

const bytesOf = (response: Response, registry: string): Promise<Uint8Array> =>
  response.arrayBuffer().then(
    (buffer) => new Uint8Array(buffer),
    (error: unknown) => {
      throw silence(registry, error);
    },
  );

/** `fetch` says only that it failed; why is in its cause. */
function silence(registry: string, error: unknown): ImageUnusable {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return new ImageUnusable(
    `cannot be looked up: registry ${registry} does not answer (${messageOf(cause ?? error)})`,
  );
}

interface Challenged {
  readonly registry: string;
  /** User and password as HTTP's Basic wants them; null for nobody. */
  readonly credentials: string | null;
  readonly signal: AbortSignal;
}

/** What to answer a registry that asks who we are; null when there is nothing to say. */
async function authorize(
  response: Response,
  { registry, credentials, signal }: Challenged,
): Promise<string | null> {
  const challenge = response.headers.get('www-authenticate') ?? '';
  const basic = credentials === null ? null : `Basic ${credentials}`;
  if (!/^bearer /i.test(challenge)) return basic;
  const realm = partOf(challenge, 'realm');
  if (realm === null || !URL.canParse(realm)) return basic;
  const url = new URL(realm);
  for (const key of ['service', 'scope']) {
    const value = partOf(challenge, key);
    if (value !== null) url.searchParams.set(key, value);
  }
  const answer = await get(url.href, registry, { accept: 'application/json', authorization: basic, signal });
  const grant: unknown = answer.ok ? await answer.json().catch(() => null) : null;
  return tokenIn(grant, 'token') ?? tokenIn(grant, 'access_token');
}

const partOf = (challenge: string, key: string): string | null =>
  new RegExp(`\\b${key}="([^"]*)"`).exec(challenge)?.[1] ?? null;

const tokenIn = (grant: unknown, key: string): string | null => {
  const token: unknown = typeof grant === 'object' && grant !== null ? Reflect.get(grant, key) : null;
  return typeof token === 'string' ? `Bearer ${token}` : null;
};

async function credentialsOf(registry: string, path: string): Promise<string | null> {
  try {
    const { auths } = JSON.parse(await readFile(path, 'utf8')) as {
      auths?: Record<string, { auth?: unknown }>;
    };
    const auth = auths?.[registry === HUB.name ? HUB.credentials : registry]?.auth;
    return typeof auth === 'string' ? auth : null;
  } catch {
    // Nobody ever logged in here.
    return null;
  }
}
