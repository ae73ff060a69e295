import {
  canonicalJson,
  DomainError,
  effectiveConfig,
  isJsonObject,
  jsonPointer,
  overrideParameters,
  suggestion,
  type Json,
  type JsonObject,
  type Problem,
} from '@meridian/core';
import type { PipelineStepRow } from '@meridian/ops-db';
import { parameterProblems } from '../definitions/config-problems.js';
import { invalidRequest } from '../http/validation.js';

interface OverridesToCheck {
  readonly overrides: Readonly<Record<string, unknown>>;
  readonly known: readonly PipelineStepRow[];
  /** The steps that the request names; null is every step. */
  readonly asked: readonly string[] | null;
  /** A CONTINUOUS pipeline: what was made with other parameters is stale, and made again without being asked. */
  readonly isContinuous: boolean;
}

/**
 * Parameters for the runs of one request; 422 for steps that it does not ask for, for values that their software does not take, and
 * where their results would be replaced at once.
 */
export function checkOverrides({
  overrides,
  known,
  asked,
  isContinuous,
}: OverridesToCheck): Record<string, JsonObject> {
  const problems = Object.entries(overrides).flatMap(([name, parameters]): Problem[] => {
    const path = `/overrides${jsonPointer(name)}`;
    const step = known.find((one) => one.name === name);
    if (step === undefined) {
      const hint = suggestion(
        name,
        known.map((one) => one.name),
      );
      return [{ code: 'pipeline.unknown_step', path, message: `there is no step "${name}"${hint}` }];
    }
    if (asked !== null && !asked.includes(name))
      return [
        {
          code: 'pipeline.override_not_asked',
          path,
          message: `step "${name}" is not among the steps asked for`,
        },
      ];
    if (!isJsonObject(parameters))
      return [{ code: 'field.invalid', path, message: 'must be an object of parameters and their values' }];
    return problemsOf(step, parameters, isContinuous).map((problem) => ({
      ...problem,
      path: path + problem.path,
    }));
  });
  if (problems.length > 0) throw invalidRequest(problems);
  return overrides as Record<string, JsonObject>;
}

function problemsOf(step: PipelineStepRow, overrides: JsonObject, isContinuous: boolean): readonly Problem[] {
  const unstorable = UNSTORABLE.test(JSON.stringify(overrides satisfies Json));
  if (unstorable) return [{ code: 'field.invalid', path: '', message: 'must not contain NUL characters' }];
  try {
    const config = effectiveConfig(step.configSchema, overrideParameters(step.config, overrides));
    const problems = parameterProblems(step.configSchema, config.all);
    const { identity } = effectiveConfig(step.configSchema, step.config);
    const isUndone = isContinuous && canonicalJson(config.identity) !== canonicalJson(identity);
    return problems.length === 0 && isUndone ? [UNDONE] : problems;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.problems;
  }
}

const UNDONE: Problem = {
  code: 'pipeline.override_undone',
  path: '',
  message:
    "would last for one run: the pipeline is CONTINUOUS and makes results again that are not of its steps' own parameters. Apply a MANUAL pipeline beside it, or change the step",
};

/** As JSON.stringify writes NUL and halves of surrogate pairs, which PostgreSQL's jsonb does not take. */
const UNSTORABLE = /\\u(0000|d[89a-f][0-9a-f]{2})/i;
