import { parseFilter } from '../filter/parse-filter.js';
import { DomainError, type Problem } from '../shared/domain-error.js';
import type { Json } from '../shared/json.js';
import { checkReferences, type KnownDefinitions } from './check-references.js';
import type { Definitions, GroupingDefinition, PoolDefinition } from './definition-document.js';
import { DocumentReader } from './document-reader.js';
import { jsonPointer } from './json-pointer.js';
import { LOCATION_KEYS, parseLocation } from './parse-location.js';
import { parsePipeline, PIPELINE_KEYS } from './parse-pipeline.js';
import { parseSoftware, SOFTWARE_KEYS } from './parse-software.js';

export const GROUPING_KEYS = ['name', 'description', 'filter'] as const;
const POOL_KEYS = ['name', 'slots'] as const;

/**
 * A definitions file, read and checked as a whole.
 *
 * `known` is what the ops-db already holds and the file may refer to. Parameters are not checked against their
 * software's config_schema here: that needs a JSON Schema validator.
 *
 * @throws DomainError `definitions.invalid` with everything that is wrong, each with its JSON pointer.
 */
export function parseDefinitions(document: unknown, known: KnownDefinitions): Definitions {
  const problems: Problem[] = [];
  const reader = DocumentReader.of(
    (document ?? null) as Json,
    '',
    ['software', 'locations', 'pools', 'groupings', 'pipelines'],
    problems,
  );
  findUnstorableText((document ?? null) as Json, '', problems);
  const definitions = {
    software: reader.objects('software', SOFTWARE_KEYS, parseSoftware),
    locations: reader.objects('locations', LOCATION_KEYS, parseLocation),
    pools: reader.objects('pools', POOL_KEYS, parsePool),
    groupings: reader.objects('groupings', GROUPING_KEYS, parseGrouping),
    pipelines: reader.objects('pipelines', PIPELINE_KEYS, parsePipeline),
  };
  checkReferences(definitions, known, problems);
  if (problems.length > 0) throw invalidDefinitions(problems);
  return definitions;
}

/** The error for a file with these problems. */
export function invalidDefinitions(problems: readonly Problem[]): DomainError {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new DomainError({
    kind: 'invalid',
    code: 'definitions.invalid',
    message: `the definitions have ${count}: ${problems[0]?.path ?? ''} ${problems[0]?.message ?? ''}`,
    action: 'Correct the places listed under problems and apply again; nothing was changed.',
    problems,
  });
}

/** One grouping; its filter is parsed, and kept as it was written. */
export function parseGrouping(reader: DocumentReader): GroupingDefinition {
  if (!reader.has('filter'))
    reader.report('definition.required', 'filter', '"filter" is required ([] selects everything)');
  return {
    name: reader.requiredText('name'),
    description: reader.optionalText('description') ?? '',
    filter: reader.parsed<Json>('filter', [], (value) => {
      parseFilter(value);
      return value;
    }),
  };
}

function parsePool(reader: DocumentReader): PoolDefinition {
  if (!reader.has('slots'))
    reader.report('definition.required', 'slots', '"slots" is required: how many runs may be active at once');
  return { name: reader.slug('name'), slots: reader.integer('slots', 1, { min: 1 }) };
}

/** PostgreSQL's text and jsonb hold neither NUL nor half a surrogate pair. */
function findUnstorableText(value: Json, path: string, problems: Problem[]): void {
  if (typeof value === 'string' && UNSTORABLE.test(value)) {
    problems.push({
      code: 'definition.unstorable_text',
      path,
      message: 'contains a NUL or half a surrogate pair',
    });
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries<Json>(value as Readonly<Record<string, Json>>)) {
    findUnstorableText(key, path + jsonPointer(key), problems);
    findUnstorableText(inner, path + jsonPointer(key), problems);
  }
}

const UNSTORABLE = /[\0\p{Surrogate}]/u;
