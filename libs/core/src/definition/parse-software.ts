import { DomainError } from '../shared/domain-error.js';
import { passesIntoContainer } from '../command/build-command.js';
import { parseImageReference, type ImageReference } from '../execution/image-reference.js';
import { sha256Hex } from '../recipe/hashing.js';
import { parseResultTables } from '../table/parse-result-tables.js';
import { FAILURE_CLASSES, type FailureClass } from '../run/failure-class.js';
import type { SoftwareDefinition } from './definition-document.js';
import type { DocumentReader } from './document-reader.js';
import { suggestion } from './nearest-name.js';
import { isSemanticVersion } from './semantic-version.js';

export const SOFTWARE_KEYS = [
  'name',
  'version',
  'description',
  'image',
  'host_directory',
  'image_digest',
  'digest',
  'command',
  'environment',
  'config_schema',
  'exit_codes',
  'tables',
] as const;

/** What a command template may name in braces; the job's own values replace them. */
export const COMMAND_PLACEHOLDERS = [
  'software_dir',
  'input_dir',
  'output_dir',
  'config_dir',
  'workspace_dir',
  'manifest',
] as const;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** One software version; problems go into the reader's list. */
export function parseSoftware(reader: DocumentReader): SoftwareDefinition {
  const image = reader.optionalText('image');
  const hostDirectory = reader.optionalText('host_directory', {
    pattern: /^\//,
    describe: 'an absolute path',
  });
  if (image === null && hostDirectory === null) {
    reader.report('software.no_program', [], 'a software version needs an image or a host_directory');
  }
  return {
    name: reader.slug('name'),
    description: reader.optionalText('description'),
    version: parseVersion(reader),
    image,
    host_directory: hostDirectory,
    ...parseDigests(reader, image, hostDirectory !== null),
    command: parseCommand(reader, hostDirectory !== null),
    environment: parseEnvironment(reader, image !== null),
    config_schema: reader.anyObject('config_schema'),
    exit_codes: parseExitCodes(reader),
    tables: parseResultTables(reader),
  };
}

function parseVersion(reader: DocumentReader): string {
  const version = reader.requiredText('version');
  if (version !== '' && !isSemanticVersion(version)) {
    reader.report('definition.value', 'version', `"${version}" is not a semantic version such as 1.4.2`);
  }
  return version;
}

const DIGEST_FORM = { pattern: DIGEST, describe: 'sha256: and 64 hexadecimal digits' };

/**
 * The digest of the image, and the digest of the whole.
 *
 * An image alone is the whole. A tag has no digest yet: the whole is then known by the text of the reference, which means the same
 * bytes for ever because it is pinned when it is first resolved. What a program's folder adds only the command line can compute.
 */
function parseDigests(
  reader: DocumentReader,
  image: string | null,
  hasDirectory: boolean,
): Pick<SoftwareDefinition, 'image_digest' | 'digest'> {
  const reference = image === null ? null : readReference(reader, image);
  const imageDigest = reference === null ? null : parseImageDigest(reader, reference, hasDirectory);
  if (image === null && reader.has('image_digest'))
    reader.report('software.no_image', 'image_digest', 'only a version with an image has an image_digest');
  if (image === null || hasDirectory)
    return { image_digest: imageDigest, digest: reader.requiredText('digest', DIGEST_FORM) };
  const ofImage = imageDigest ?? `sha256:${sha256Hex(image)}`;
  const digest = reader.optionalText('digest', DIGEST_FORM) ?? ofImage;
  if (imageDigest !== null && digest !== imageDigest)
    reader.report('software.digest_differs', 'digest', 'the image has another digest');
  return { image_digest: imageDigest, digest };
}

function readReference(reader: DocumentReader, image: string): ImageReference | null {
  try {
    return parseImageReference(image);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    reader.report(error.code, 'image', error.message);
    return null;
  }
}

function parseImageDigest(
  reader: DocumentReader,
  reference: ImageReference,
  hasDirectory: boolean,
): string | null {
  const inReference = reference.kind === 'registry' ? reference.digest : null;
  const stated =
    reader.optionalText('image_digest', DIGEST_FORM) ?? (hasDirectory ? null : reader.optionalText('digest'));
  if (inReference !== null && stated !== null && stated !== inReference) {
    const key = reader.has('image_digest') ? 'image_digest' : 'digest';
    reader.report('software.digest_differs', key, 'the image reference names another digest');
    return stated;
  }
  const digest = inReference ?? stated;
  if (digest === null && reference.kind === 'file') {
    const message =
      '"image_digest" is required for an image file that "meridian apply" cannot read: sha256: and what sha256sum prints';
    reader.report('definition.required', 'image_digest', message);
  }
  return digest;
}

function parseCommand(reader: DocumentReader, hasDirectory: boolean): string[] {
  const command = reader.textList('command');
  if (command.length === 0)
    reader.report('definition.required', 'command', 'the command needs at least one word');
  command.forEach((word, index) => {
    for (const [, name = ''] of word.matchAll(/\{(\w+)\}/g)) {
      if (name === 'software_dir' && !hasDirectory) {
        const message =
          '{software_dir} needs a host_directory: the image has the program at a path of its own';
        reader.report('software.no_directory', ['command', index], message);
      }
      if ((COMMAND_PLACEHOLDERS as readonly string[]).includes(name)) continue;
      const message = `unknown placeholder {${name}}${suggestion(name, COMMAND_PLACEHOLDERS)}`;
      reader.report('software.unknown_placeholder', ['command', index], message);
    }
  });
  return command;
}

/** A container's runtime keeps these for itself, or changes them. */
const OF_THE_RUNTIME = /^(HOME|UID|EUID|GID|PROMPT_COMMAND|(APPTAINER|SINGULARITY)(ENV)?_.*)$/;

function parseEnvironment(reader: DocumentReader, hasImage: boolean): Record<string, string> {
  const entries = Object.entries(reader.anyObject('environment')).flatMap(
    ([name, value]): [string, string][] => {
      const place = ['environment', name];
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
        reader.report('definition.value', place, `"${name}" is not a variable name`);
      if (name.startsWith('WORKFLOW_')) {
        reader.report(
          'software.reserved_variable',
          place,
          `${name} belongs to the container contract; choose another name`,
        );
      }
      if (hasImage && OF_THE_RUNTIME.test(name)) {
        reader.report(
          'software.reserved_variable',
          place,
          `${name} is set by the container runtime, which would not pass it on; choose another name`,
        );
      }
      if (hasImage && typeof value === 'string' && !passesIntoContainer(value)) {
        const message = 'ends a line with CR LF, which a container would not keep; use LF alone';
        reader.report('definition.value', place, message);
      }
      if (typeof value === 'string') return [[name, value]];
      reader.report('definition.type', place, 'must be a text (quote numbers)');
      return [];
    },
  );
  return Object.fromEntries(entries);
}

function parseExitCodes(reader: DocumentReader): Record<string, FailureClass> {
  const entries = Object.entries(reader.anyObject('exit_codes')).flatMap(
    ([code, value]): [string, FailureClass][] => {
      const place = ['exit_codes', code];
      const isCode = /^[1-9]\d{0,2}$/.test(code) && Number(code) <= 255;
      if (!isCode) reader.report('definition.value', place, `"${code}" is not an exit code from 1 to 255`);
      const failureClass = FAILURE_CLASSES.find((name) => name === value);
      if (failureClass !== undefined) return [[code, failureClass]];
      reader.report('definition.value', place, `must be one of ${FAILURE_CLASSES.join(', ')}`);
      return [];
    },
  );
  return Object.fromEntries(entries);
}
