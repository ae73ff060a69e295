import { isJsonObject } from '@meridian/core';
import type { Json, JsonObject } from '@meridian/core';
import { CliError, EXIT_CODES } from '../cli-error.js';

/** One `--set step.parameter=value`. */
export interface Setting {
  readonly step: string;
  readonly parameter: string;
  readonly value: Json;
}

/** Reads `step.parameter=value`; the value is JSON where it can be read as JSON, else text. */
export function parseSetting(text: string): Setting {
  const match = /^([^.=]+)\.([^=]+)=(.*)$/s.exec(text);
  if (match === null) {
    throw new CliError({
      message: `--set ${text} is not of the form step.parameter=value.`,
      action: 'For example: --set extract.threshold=5',
      exitCode: EXIT_CODES.usage,
    });
  }
  const [, step = '', parameter = '', value = ''] = match;
  return { step, parameter, value: parsedOr(value) };
}

/** A pipeline with the parameters of its steps set; a step that it does not have is an error. Unknown parameters are the API's to refuse. */
export function withSettings(pipeline: JsonObject, settings: readonly Setting[]): JsonObject {
  const steps = Array.isArray(pipeline['steps']) ? pipeline['steps'].filter(isJsonObject) : [];
  const names = steps.map((step) => JSON.stringify(step['name']));
  for (const { step, parameter } of settings) {
    if (names.includes(JSON.stringify(step))) continue;
    throw new CliError({
      message: `--set ${step}.${parameter}: the pipeline has no step ${JSON.stringify(step)}.`,
      action: `Use one of ${names.join(', ')}.`,
      exitCode: EXIT_CODES.usage,
    });
  }
  return { ...pipeline, steps: steps.map((step) => withStepSettings(step, settings)) };
}

function withStepSettings(step: JsonObject, settings: readonly Setting[]): JsonObject {
  const mine = settings.filter((setting) => setting.step === step['name']);
  const config = isJsonObject(step['config']) ? step['config'] : {};
  return mine.length === 0
    ? step
    : {
        ...step,
        config: { ...config, ...Object.fromEntries(mine.map(({ parameter, value }) => [parameter, value])) },
      };
}

function parsedOr(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
