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
  'digest',
  'command',
  'environment',
  'config_schema',
  'exit_codes',
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
    digest: parseDigest(reader, image),
    command: parseCommand(reader),
    environment: parseEnvironment(reader),
    config_schema: reader.anyObject('config_schema'),
    exit_codes: parseExitCodes(reader),
  };
}

function parseVersion(reader: DocumentReader): string {
  const version = reader.requiredText('version');
  if (version !== '' && !isSemanticVersion(version)) {
    reader.report('definition.value', 'version', `"${version}" is not a semantic version such as 1.4.2`);
  }
  return version;
}

/** An image reference may carry its digest; a folder's is computed by the command line. */
function parseDigest(reader: DocumentReader, image: string | null): string {
  const inImage = /@(sha256:[0-9a-f]{64})$/.exec(image ?? '')?.[1];
  if (!reader.has('digest') && inImage !== undefined) return inImage;
  const digest = reader.requiredText('digest', {
    pattern: DIGEST,
    describe: 'sha256: and 64 hexadecimal digits',
  });
  if (inImage !== undefined && digest !== inImage) {
    reader.report('software.digest_differs', 'digest', 'the image reference names another digest');
  }
  return digest;
}

function parseCommand(reader: DocumentReader): string[] {
  const command = reader.textList('command');
  if (command.length === 0)
    reader.report('definition.required', 'command', 'the command needs at least one word');
  command.forEach((word, index) => {
    for (const [, name = ''] of word.matchAll(/\{(\w+)\}/g)) {
      if ((COMMAND_PLACEHOLDERS as readonly string[]).includes(name)) continue;
      const message = `unknown placeholder {${name}}${suggestion(name, COMMAND_PLACEHOLDERS)}`;
      reader.report('software.unknown_placeholder', ['command', index], message);
    }
  });
  return command;
}

function parseEnvironment(reader: DocumentReader): Record<string, string> {
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
