import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, messageOf } from '@meridian/core';
import type { Json, JsonObject } from '@meridian/core';
import { CliError, EXIT_CODES } from '../cli-error.js';
import { imageDigestOf } from '../definitions/image.js';
import { readDefinitions } from '../definitions/definitions-file.js';

/** Where a demo computes. */
export interface DemoSite {
  /** The definition of a PROCESSING location. */
  readonly location: JsonObject;
  /** The container image that programs run in; null without a container. */
  readonly image: SiteImage | null;
}

export interface SiteImage {
  /** A SIF file's absolute path. */
  readonly path: string;
  /** `sha256:…` of its bytes. */
  readonly digest: string;
}

/** This machine, without a container. */
export const localSite = (work: string): DemoSite => ({
  location: { name: 'local', kind: 'PROCESSING', base_path: work, backend: 'local', runtime: 'host' },
  image: null,
});

/** Where `npm run lab -- up` keeps its state unless it is told otherwise. */
export const LAB_DIRECTORY = '/var/lib/meridian-lab';

/** A site of the one-machine cluster: `lab-rest` or `lab-ssh`, with the image that was built for it. */
export function labSite(name: string, labDirectory: string): DemoSite {
  const locations = readLab(labDirectory, 'locations.yaml', (path) => readDefinitions(path).locations ?? []);
  const location = locations.find((candidate) => candidate['name'] === name);
  if (location === undefined) {
    const names = locations.flatMap(({ name: known }) => (typeof known === 'string' ? [known] : []));
    throw new CliError({
      message: `There is no site "${name}".`,
      action: `Use one of: local, ${names.join(', ')}.`,
      exitCode: EXIT_CODES.usage,
    });
  }
  return { location, image: readLab(labDirectory, 'lab.json', imageOfLab) };
}

function imageOfLab(path: string): SiteImage {
  const facts = JSON.parse(readFileSync(path, 'utf8')) as Json;
  const image = isJsonObject(facts) ? facts['image'] : null;
  const digest = typeof image === 'string' ? imageDigestOf(image) : null;
  if (typeof image !== 'string' || digest === null) throw new Error('the image that it names cannot be read');
  return { path: image, digest };
}

function readLab<Content>(directory: string, file: string, read: (path: string) => Content): Content {
  const path = join(directory, file);
  try {
    return read(path);
  } catch (error) {
    throw new CliError({
      message: `The lab cannot be used: ${path} cannot be read (${messageOf(error)}).`,
      action: 'Start it with "npm run lab -- up" as root, or say where it is with MERIDIAN_LAB=DIR.',
      exitCode: EXIT_CODES.usage,
    });
  }
}
