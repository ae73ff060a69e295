import { sha256Hex } from '../recipe/hashing.js';
import { DomainError } from '../shared/domain-error.js';

/** What a software version's `image` says: a SIF file, or something in a registry. */
export type ImageReference = SifFile | RegistryImage;

export interface SifFile {
  readonly kind: 'file';
  /** Absolute, at the processing location. */
  readonly path: string;
}

export interface RegistryImage {
  readonly kind: 'registry';
  readonly scheme: 'docker' | 'oras';
  /** Host, with its port where there is one. */
  readonly registry: string;
  readonly repository: string;
  /** What the reference names when it has no digest. */
  readonly tag: string;
  readonly digest: string | null;
}

const DOCKER_HUB = 'docker.io';
const REPOSITORY = /^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const HOST = /^[A-Za-z0-9.-]+(:\d{1,5})?$/;

/**
 * Reads `/images/tool.sif`, `docker://ghcr.io/group/tool:1.2`, `oras://host:5000/tool@sha256:…`. A first part without a dot,
 * a colon or the name localhost is no host: then it is Docker Hub, whose official images are in `library/`.
 *
 * @throws DomainError `software.image` that says what is wrong
 */
export function parseImageReference(image: string): ImageReference {
  if (image.startsWith('/')) return { kind: 'file', path: image };
  const [, scheme, rest = ''] = /^(docker|oras):\/\/(.*)$/s.exec(image) ?? [];
  if (scheme !== 'docker' && scheme !== 'oras')
    throw wrong(image, 'is neither an absolute path nor a docker:// or oras:// reference');
  const [withTag = '', digest = null, ...more] = rest.split('@');
  if (more.length > 0 || (digest !== null && !DIGEST.test(digest)))
    throw wrong(image, 'has a digest that is not sha256: and 64 hexadecimal digits');
  const slash = withTag.indexOf('/');
  const first = withTag.slice(0, Math.max(slash, 0));
  const hasHost = /[.:]/.test(first) || first === 'localhost';
  const named = hasHost ? withTag.slice(slash + 1) : withTag;
  const colon = named.indexOf(':');
  const path = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? 'latest' : named.slice(colon + 1);
  const registry = hasHost ? first : DOCKER_HUB;
  const repository = registry === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path;
  if (!HOST.test(registry))
    throw wrong(image, `names the registry ${JSON.stringify(registry)}, which is no host`);
  if (!REPOSITORY.test(repository) || !TAG.test(tag))
    throw wrong(image, 'is not of the form host/name:tag (names are lower case)');
  return { kind: 'registry', scheme, registry, repository, tag, digest };
}

/** What the runtime is asked for: the bytes, never a tag, which may mean something else by then. */
export const pinnedReference = ({ scheme, registry, repository }: RegistryImage, digest: string): string =>
  `${scheme}://${registry}/${repository}@${digest}`;

/**
 * The digest of a program in a folder that runs in an image: whichever of the two changes, it is another program. `image` is
 * the image's digest, or its reference where that is a tag.
 */
export const digestOfProgramInImage = (program: string, image: string): string =>
  `sha256:${sha256Hex(`program ${program}\nimage ${image}\n`)}`;

const wrong = (image: string, problem: string): DomainError =>
  new DomainError({
    kind: 'invalid',
    code: 'software.image',
    message: `the image ${JSON.stringify(image.slice(0, 200))} ${problem}`,
    action:
      'Name a SIF file by its absolute path, or an image in a registry such as docker://ghcr.io/group/tool:1.2.',
  });
