import { DomainError, type Problem } from '../shared/domain-error.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { jsonPointer } from './json-pointer.js';
import { suggestion } from './nearest-name.js';

/** What a parameter does: only `identity` ones change a result, and so the recipe. */
export const PARAMETER_ROLES = ['identity', 'runtime', 'presentation'] as const;
export type ParameterRole = (typeof PARAMETER_ROLES)[number];

export interface EffectiveConfig {
  /** Every parameter, defaults filled in: what the job gets. */
  readonly all: JsonObject;
  /** Those that change the result: what the recipe hashes. */
  readonly identity: JsonObject;
}

/**
 * A software version's defaults under a step's parameters, and the part of them that is identity.
 *
 * Defaults are filled in first, at every depth, so that writing a default out changes nothing. A parameter's role is its schema's
 * `x-role`, inherited from the object around it, `identity` when nothing says otherwise. A key that the schema does not declare is an error,
 * unless the schema says `additionalProperties` itself; then it is identity.
 *
 * @throws DomainError `config.invalid` with one problem per unknown key.
 */
export function effectiveConfig(configSchema: JsonObject, parameters: JsonObject): EffectiveConfig {
  const problems: Problem[] = [];
  const config = fillObject({ root: configSchema, problems }, configSchema, parameters, {
    path: '',
    role: 'identity',
  });
  if (problems.length > 0) {
    throw new DomainError({
      kind: 'invalid',
      code: 'config.invalid',
      message: problems.map((problem) => problem.message).join('; '),
      action: 'Correct the parameters, or give the software a version whose config_schema declares them.',
      problems,
    });
  }
  return config;
}

interface Context {
  readonly root: JsonObject;
  readonly problems: Problem[];
}
interface Place {
  readonly path: string;
  readonly role: ParameterRole;
}

function fillObject(context: Context, schema: JsonObject, given: JsonObject, place: Place): EffectiveConfig {
  const declared = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const all: [string, Json][] = [];
  const identity: [string, Json][] = [];
  for (const key of new Set([...Object.keys(declared), ...Object.keys(given)])) {
    const path = place.path + jsonPointer(key);
    if (!Object.hasOwn(declared, key)) refuseUnknown(context, schema, key, path);
    const property = Object.hasOwn(declared, key) ? resolveReference(context.root, declared[key]) : {};
    const value = Object.hasOwn(given, key) ? given[key] : property['default'];
    if (value === undefined && !isJsonObject(property['properties'])) continue;
    const filled = fillValue(context, property, value, { path, role: roleOf(property, place.role) });
    if (filled.all !== undefined) all.push([key, filled.all]);
    if (filled.identity !== undefined) identity.push([key, filled.identity]);
  }
  return { all: Object.fromEntries(all), identity: Object.fromEntries(identity) };
}

interface Filled {
  readonly all: Json | undefined;
  readonly identity: Json | undefined;
}

function fillValue(context: Context, schema: JsonObject, value: Json | undefined, place: Place): Filled {
  if (isJsonObject(schema['properties']) && (value === undefined || isJsonObject(value))) {
    const inner = fillObject(context, schema, value ?? {}, place);
    const isEmpty = (object: JsonObject): boolean => Object.keys(object).length === 0;
    // An object that nobody gave and that has no defaults stays absent: it may be optional with required members.
    return {
      all: value === undefined && isEmpty(inner.all) ? undefined : inner.all,
      identity:
        isEmpty(inner.identity) && (value === undefined || place.role !== 'identity')
          ? undefined
          : inner.identity,
    };
  }
  return { all: value, identity: place.role === 'identity' ? value : undefined };
}

function refuseUnknown(context: Context, schema: JsonObject, key: string, path: string): void {
  const additional = schema['additionalProperties'];
  if (additional === true || isJsonObject(additional)) return;
  const known = Object.keys(isJsonObject(schema['properties']) ? schema['properties'] : {});
  context.problems.push({
    code: 'config.unknown_parameter',
    path,
    message: `the software has no parameter "${key}"${suggestion(key, known)}`,
  });
}

const roleOf = (schema: JsonObject, inherited: ParameterRole): ParameterRole =>
  PARAMETER_ROLES.find((role) => role === schema['x-role']) ?? inherited;

/** Follows `$ref: "#/…"` within the schema; keywords beside the reference win. */
function resolveReference(root: JsonObject, schema: Json | undefined, depth = 0): JsonObject {
  if (!isJsonObject(schema)) return {};
  const reference = schema['$ref'];
  if (typeof reference !== 'string' || !reference.startsWith('#/') || depth > 20) return schema;
  const keys = reference
    .slice(2)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const target = keys.reduce<Json | undefined>(
    (value, key) => (isJsonObject(value) ? value[key] : undefined),
    root,
  );
  const beside = Object.entries(schema).filter(([key]) => key !== '$ref');
  return { ...resolveReference(root, target, depth + 1), ...Object.fromEntries(beside) };
}
