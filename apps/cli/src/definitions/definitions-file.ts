import { readFileSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { digestOfProgramInImage, isJsonObject, messageOf } from '@meridian/core';
import type { Json, JsonObject, Problem } from '@meridian/core';
import { LineCounter, parseDocument } from 'yaml';
import { CliError, EXIT_CODES } from '../cli-error.js';
import { digestOf, globToRegExp } from './digest.js';
import { absoluteImage, imageDigestOf } from './image.js';

/** What a definitions file may hold at its top; the API knows the rest. */
const SECTIONS = ['software', 'locations', 'pools', 'groupings', 'pipelines'] as const;
export type Definitions = Partial<Record<(typeof SECTIONS)[number], readonly JsonObject[]>>;

/** Directories that are never part of a program. */
const IGNORED = new Set(['node_modules', '.git', '__pycache__']);

/**
 * A YAML (or JSON) definitions file, ready to be sent.
 *
 * Software that lies in a `directory` gets its absolute `host_directory` and the digest of the files that `files` name
 * (all of them without it). An `image` file gets its absolute path and, where it can be read, its `image_digest`; the digest
 * of software that has both covers both. Mistakes in the syntax are reported with line and column.
 */
export function readDefinitions(path: string): Definitions {
  const text = readText(path);
  const definitions = parseDefinitions(text, path);
  const base = dirname(resolve(path));
  return {
    ...definitions,
    ...(definitions.software === undefined
      ? {}
      : { software: definitions.software.map((one) => resolveSoftware(one, base, path)) }),
  };
}

/** The definitions in a text; `name` is for messages. */
export function parseDefinitions(text: string, name: string): Definitions {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const problems = document.errors.map((error): Problem => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { code: 'definitions.syntax', path: `${name}:${line}:${col}`, message: error.message };
  });
  if (problems.length > 0)
    throw invalid(`${name} is not valid YAML.`, 'Correct the file at the places named.', problems);
  const value = document.toJS() as Json;
  if (!isJsonObject(value))
    throw invalid(
      `${name} does not hold definitions.`,
      `Its top level must be an object with ${SECTIONS.join(', ')}.`,
    );
  const unknown = Object.keys(value).filter((key) => !(SECTIONS as readonly string[]).includes(key));
  if (unknown.length > 0)
    throw invalid(`${name} holds unknown sections: ${unknown.join(', ')}.`, `Use ${SECTIONS.join(', ')}.`);
  for (const section of SECTIONS) {
    const entries = value[section];
    if (entries !== undefined && (!Array.isArray(entries) || !entries.every(isJsonObject))) {
      throw invalid(
        `${name}: ${section} must be a list of objects.`,
        `Write "${section}:" followed by "- name: …" entries.`,
      );
    }
  }
  return value;
}

/** All definitions of several files as one document; later files add to earlier ones. */
export const mergeDefinitions = (all: readonly Definitions[]): Definitions =>
  Object.fromEntries(
    SECTIONS.flatMap((section) => {
      const entries = all.flatMap((definitions) => definitions[section] ?? []);
      return entries.length === 0 ? [] : [[section, entries]];
    }),
  );

function resolveSoftware(software: JsonObject, base: string, file: string): JsonObject {
  const resolved = resolveImage(software, base, file);
  const { directory, files, ...rest } = resolved;
  if (directory === undefined) return resolved;
  const { hostDirectory, digest } = resolveDirectory({ directory, files, software, base, file });
  const image = rest['image_digest'] ?? rest['image'];
  return {
    ...rest,
    host_directory: hostDirectory,
    digest: typeof image === 'string' ? digestOfProgramInImage(digest, image) : digest,
  };
}

const nameOf = (software: JsonObject): string => JSON.stringify(software['name'] ?? '?');

function resolveImage(software: JsonObject, base: string, file: string): JsonObject {
  const { image } = software;
  if (typeof image !== 'string') return software;
  const absolute = absoluteImage(image, base);
  try {
    const digest = software['image_digest'] ?? imageDigestOf(absolute);
    return { ...software, image: absolute, ...(digest === null ? {} : { image_digest: digest }) };
  } catch (error) {
    throw invalid(
      `${file}: software ${nameOf(software)}: the image ${absolute} cannot be used: ${messageOf(error)}.`,
      'Name a SIF file, or an image in a registry such as docker://ghcr.io/group/tool:1.2.',
    );
  }
}

interface ProgramDirectory {
  readonly directory: Json;
  readonly files: Json | undefined;
  readonly software: JsonObject;
  readonly base: string;
  readonly file: string;
}

function resolveDirectory({ directory, files, software, base, file }: ProgramDirectory): {
  hostDirectory: string;
  digest: string;
} {
  const name = nameOf(software);
  if (typeof directory !== 'string')
    throw invalid(
      `${file}: software ${name}: directory must be text.`,
      'Name the folder that holds the program.',
    );
  const hostDirectory = isAbsolute(directory) ? directory : join(base, directory);
  const patterns = files === undefined ? ['**'] : files;
  if (
    !Array.isArray(patterns) ||
    !patterns.every((pattern): pattern is string => typeof pattern === 'string')
  ) {
    throw invalid(
      `${file}: software ${name}: files must be a list of patterns.`,
      'For example: files: ["*.mjs", "lib/**"]',
    );
  }
  const found = programFiles(hostDirectory, patterns);
  if (found.length === 0) {
    throw invalid(
      `${file}: software ${name}: no file in ${hostDirectory} matches ${patterns.join(', ')}.`,
      'Correct directory or files.',
    );
  }
  return { hostDirectory, digest: digestOf(found) };
}

/** The files that a digest covers: those that a pattern names and no pattern that begins with `!` takes out again. */
function programFiles(
  directory: string,
  patterns: readonly string[],
): { path: string; content: Uint8Array }[] {
  const taken = patterns.filter((pattern) => !pattern.startsWith('!')).map(globToRegExp);
  const left = patterns
    .filter((pattern) => pattern.startsWith('!'))
    .map((pattern) => globToRegExp(pattern.slice(1)));
  return filesBelow(directory)
    .map((path) => relative(directory, path).split(sep).join('/'))
    .filter((path) => taken.some((glob) => glob.test(path)) && !left.some((glob) => glob.test(path)))
    .map((path) => ({ path, content: readFileSync(join(directory, path)) }));
}

function filesBelow(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return IGNORED.has(entry.name) ? [] : filesBelow(path);
      return entry.isFile() || entry.isSymbolicLink() ? [path] : [];
    });
  } catch (error) {
    throw invalid(
      `The program's directory ${directory} cannot be read: ${messageOf(error)}.`,
      'Correct directory: it is relative to the file.',
    );
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(`${path} cannot be read: ${messageOf(error)}.`, 'Name an existing definitions file.');
  }
}

const invalid = (message: string, action: string, problems: readonly Problem[] = []): CliError =>
  new CliError({ message, action, problems, exitCode: EXIT_CODES.usage });
