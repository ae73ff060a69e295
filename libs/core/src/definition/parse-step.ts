import { parseAssociations } from '../association/parse-associations.js';
import { parseGroupingRule } from '../grouping/parse-grouping-rule.js';
import { expandGroupingPreset } from '../preset/expand-grouping-preset.js';
import type { BuiltGrouping } from '../preset/grouping-preset.js';
import { PRODUCT_TYPES } from '../output/product-type.js';
import { parseStepOutputs } from '../output/step-outputs.js';
import { parsePublication } from '../publication/parse-publication.js';
import { parseQuality } from '../quality/parse-quality.js';
import { VERSION_POLICIES } from '../recipe/recipe.js';
import { parseRetention } from '../retention/parse-retention.js';
import { DEFAULT_RETRY_POLICY, parseRetryPolicy } from '../run/retry-policy.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { UPSTREAM_POLICIES, type StepDefinition, type StepResources } from './definition-document.js';
import { DocumentReader } from './document-reader.js';
import { expectationDocument, parseExpectation } from './parse-expectation.js';
import { isVersionPin } from './semantic-version.js';

export const STEP_KEYS = [
  'name',
  'software',
  'version',
  'version_policy',
  'depends_on',
  'group_by',
  'config',
  'inputs',
  'upstream_policy',
  'cooldown_seconds',
  'settle_seconds',
  'min_members',
  'expect',
  'max_wait_seconds',
  'associations',
  'resources',
  'retry',
  'outputs',
  'quality',
  'publication',
  'retention',
  'max_active_runs',
  'pool',
] as const;

/** One step with its defaults; whether its names exist is checked when the whole file is known. */
export function parseStep(reader: DocumentReader): StepDefinition {
  const dependsOn = [...new Set(reader.textList('depends_on'))].sort();
  const grouping = parseStepGrouping(reader);
  const preset = grouping.step;
  return {
    name: parseStepName(reader),
    software: reader.requiredText('software'),
    version: parsePin(reader),
    version_policy: reader.choice('version_policy', VERSION_POLICIES, 'compatible'),
    depends_on: dependsOn,
    group_by: grouping.group_by,
    config: reader.anyObject('config'),
    inputs: parseInputs(reader, dependsOn.length === 0),
    upstream_policy: reader.choice('upstream_policy', UPSTREAM_POLICIES, 'all_current'),
    cooldown_seconds: reader.integer('cooldown_seconds', 0, { min: 0 }),
    settle_seconds: reader.integer('settle_seconds', preset.settle_seconds ?? 0, { min: 0 }),
    min_members: reader.integer('min_members', preset.min_members ?? 1, { min: 1 }),
    expect: reader.parsed<JsonObject | null>('expect', presetExpectation(preset.expect), (value) =>
      expectationDocument(parseExpectation(value)),
    ),
    max_wait_seconds: reader.integer('max_wait_seconds', preset.max_wait_seconds ?? null, { min: 0 }),
    associations: parseStepAssociations(reader),
    resources: parseResources(reader.child('resources', RESOURCE_KEYS)),
    retry: parseRetry(reader),
    outputs: parseOutputs(reader),
    ...parseAfterwards(reader),
    max_active_runs: reader.integer('max_active_runs', null, { min: 1 }),
    pool: reader.optionalText('pool'),
  };
}

/** A step's folder lies beside its sub-group's `workspace`, so no step may have that name. */
function parseStepName(reader: DocumentReader): string {
  const name = reader.slug('name');
  if (name === 'workspace')
    reader.report(
      'step.reserved_name',
      'name',
      '"workspace" is the shared scratch folder; choose another name',
    );
  return name;
}

function parsePin(reader: DocumentReader): string | null {
  const pin = reader.optionalText('version');
  if (pin !== null && !isVersionPin(pin)) {
    reader.report('definition.value', 'version', `"${pin}" is not a version such as 1.4.2, 1.4 or 1`);
  }
  return pin;
}

/** A preset is written out here: what is stored, and what a recipe is made of, never depends on what a preset means later. */
function parseStepGrouping(reader: DocumentReader): BuiltGrouping {
  return reader.parsed<BuiltGrouping>('group_by', { group_by: [], step: {} }, (value) => {
    const built = expandGroupingPreset(value);
    parseGroupingRule(built.group_by);
    return built;
  });
}

const presetExpectation = (expect: Json | undefined): JsonObject | null =>
  expect === undefined ? null : expectationDocument(parseExpectation(expect));

function parseStepAssociations(reader: DocumentReader): readonly Json[] {
  return reader.parsed<readonly Json[]>('associations', [], (value) => {
    parseAssociations(value);
    return value as readonly Json[];
  });
}

/** A step that depends on others takes their products; raw data of the grouping only when it says so. */
function parseInputs(reader: DocumentReader, isFirst: boolean): JsonObject {
  const inputs = reader.child('inputs', ['raw', 'types', 'pattern']);
  const raw = inputs.boolean('raw', isFirst);
  if (!raw && isFirst)
    inputs.report('step.no_inputs', 'raw', 'a step that depends on no other must take raw data');
  const types = inputs.textList('types');
  types.forEach((type, index) => {
    if ((PRODUCT_TYPES as readonly string[]).includes(type)) return;
    inputs.report('definition.value', ['types', index], `must be one of ${PRODUCT_TYPES.join(', ')}`);
  });
  const pattern = inputs.optionalText('pattern');
  return { raw, ...(types.length > 0 ? { types } : {}), ...(pattern === null ? {} : { pattern }) };
}

const RESOURCE_KEYS = [
  'cpus',
  'memory_mb',
  'walltime_minutes',
  'max_memory_mb',
  'max_walltime_minutes',
] as const;

/** Without caps a step may not grow: the caps are the values themselves. */
function parseResources(reader: DocumentReader): StepResources {
  const memory = reader.integer('memory_mb', 1024, { min: 1 });
  const walltime = reader.integer('walltime_minutes', 60, { min: 1 });
  const maxMemory = reader.integer('max_memory_mb', memory, { min: 1 });
  const maxWalltime = reader.integer('max_walltime_minutes', walltime, { min: 1 });
  if (maxMemory < memory)
    reader.report('step.cap_below_value', 'max_memory_mb', `is below memory_mb (${memory})`);
  if (maxWalltime < walltime) {
    reader.report('step.cap_below_value', 'max_walltime_minutes', `is below walltime_minutes (${walltime})`);
  }
  return {
    cpus: reader.integer('cpus', 1, { min: 1 }),
    memory_mb: memory,
    walltime_minutes: walltime,
    max_memory_mb: maxMemory,
    max_walltime_minutes: maxWalltime,
  };
}

function parseRetry(reader: DocumentReader): JsonObject {
  const policy = reader.parsed('retry', DEFAULT_RETRY_POLICY, parseRetryPolicy);
  const given = reader.anyObject('retry')['classes'];
  return {
    max_attempts: policy.maxAttempts,
    backoff_seconds: policy.backoffSeconds,
    classes: isJsonObject(given) ? given : {},
  };
}

/** What becomes of results: kept in the words of the file, because each is read where it is used (`readStored`). */
function parseAfterwards(
  reader: DocumentReader,
): Pick<StepDefinition, 'quality' | 'publication' | 'retention'> {
  parseQuality(reader);
  parsePublication(reader);
  parseRetention(reader);
  return {
    quality: reader.list('quality'),
    publication: reader.has('publication') ? reader.anyObject('publication') : null,
    retention: reader.has('retention') ? reader.anyObject('retention') : null,
  };
}

function parseOutputs(reader: DocumentReader): JsonObject {
  const promised = reader.parsed('outputs', null, parseStepOutputs) ?? {
    required: [],
    metrics: [],
    rules: [],
  };
  const entries = new DocumentReader(reader.anyObject('outputs'), `${reader.path}/outputs`, reader.problems);
  entries.objects('required', ['pattern', 'min_bytes', 'fits'], () => null);
  entries.objects('rules', ['pattern', 'type'], () => null);
  return {
    required: promised.required.map(({ pattern, minBytes, isFits }) => ({
      pattern,
      min_bytes: minBytes,
      ...(isFits === true ? { fits: true } : {}),
    })),
    metrics: promised.metrics,
    rules: promised.rules.map(({ pattern, type }) => ({ pattern, type })),
  };
}
