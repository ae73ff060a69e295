import {
  configProblems,
  messageOf,
  type DefinitionsPlan,
  type JsonObject,
  type PlannedStep,
  type Problem,
} from '@meridian/core';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/**
 * What JSON Schema (2020-12) says against the plan: config schemas that are none, and step parameters, defaults filled in,
 * that their software's schema refuses. Steps that have problems already are left out.
 */
export function findConfigProblems(plan: DefinitionsPlan): Problem[] {
  const schemas = new SchemaCache();
  const ofSoftware = plan.software.flatMap(({ definition }, index) => {
    const compiled = schemas.compile(definition.config_schema);
    if (typeof compiled === 'function') return [];
    return [
      { code: 'software.config_schema_invalid', path: `/software/${index}/config_schema`, message: compiled },
    ];
  });
  const steps = plan.pipelines.flatMap((pipeline) => pipeline.steps);
  const untouched = steps.filter(
    (step) => !plan.problems.some((problem) => `${problem.path}/`.startsWith(`${step.place}/`)),
  );
  return [...ofSoftware, ...untouched.flatMap((step) => stepProblems(step, schemas))];
}

function stepProblems(step: PlannedStep, schemas: SchemaCache): Problem[] {
  const validate = schemas.compile(step.software.config_schema);
  if (typeof validate === 'string' || validate(step.config)) return [];
  return configProblems(step.place, step.definition, step.software, (validate.errors ?? []).map(problemOf));
}

/** What a software's config schema says against parameters, defaults filled in; their places are JSON pointers. */
export function parameterProblems(schema: JsonObject, parameters: JsonObject): Problem[] {
  const validate = new SchemaCache().compile(schema);
  if (typeof validate === 'string' || validate(parameters)) return [];
  return (validate.errors ?? []).map(problemOf);
}

const problemOf = (error: ErrorObject): Problem => ({
  code: 'config.invalid',
  path: error.instancePath,
  message: `${error.message ?? 'is not accepted'}${allowedValues(error)}`,
});

const allowedValues = (error: ErrorObject): string =>
  error.keyword === 'enum'
    ? `: ${JSON.stringify((error.params as { allowedValues: unknown }).allowedValues)}`
    : '';

/** Compiles each schema once; a text says why one cannot be compiled. */
class SchemaCache {
  private readonly compiled = new Map<JsonObject, ValidateFunction | string>();

  compile(schema: JsonObject): ValidateFunction | string {
    const known = this.compiled.get(schema);
    if (known !== undefined) return known;
    const result = compileSchema(schema);
    this.compiled.set(schema, result);
    return result;
  }
}

/** One Ajv each, so that two schemas with the same `$id` do not meet. `x-role` and other annotations are allowed. */
function compileSchema(schema: JsonObject): ValidateFunction | string {
  const ajv = new Ajv2020({ allErrors: true, strict: false, logger: false });
  addFormats(ajv);
  try {
    return ajv.compile(schema);
  } catch (error) {
    return messageOf(error);
  }
}
