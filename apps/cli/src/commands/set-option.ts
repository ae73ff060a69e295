import { isJsonObject, overrideParameters } from '@meridian/core';
import type { Json, JsonObject } from '@meridian/core';
import { CliError, EXIT_CODES } from '../cli-error.js';
import { scalarOf } from './dims-option.js';

/**
 * Parameters by step out of texts such as `extract.aperture=5` and `extract.fit.order=2`.
 *
 * Names of steps may have dots in them: the longest one that fits is meant. A value that begins like a JSON list or object is one.
 */
export function parseSettings(
  texts: readonly string[],
  steps: readonly string[],
): Readonly<Record<string, JsonObject>> {
  let settings: Readonly<Record<string, JsonObject>> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    const name = text.slice(0, Math.max(at, 0));
    const step = steps.filter((one) => name.startsWith(`${one}.`)).sort((a, b) => b.length - a.length)[0];
    if (step === undefined) throw notOfTheForm(text, steps);
    const path = name.slice(step.length + 1).split('.');
    if (path.includes('')) throw notOfTheForm(text, steps);
    const value = path.reduceRight<Json>(
      (inner, key) => ({ [key]: inner }),
      valueOf(text.slice(at + 1), text),
    );
    if (isJsonObject(value))
      settings = { ...settings, [step]: overrideParameters(settings[step] ?? {}, value) };
  }
  return settings;
}

function valueOf(text: string, whole: string): Json {
  if (!/^[[{]/.test(text)) return scalarOf(text);
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new CliError({
      message: `The value in ${JSON.stringify(whole)} is not valid JSON.`,
      action: `Write it like this: --set 'extract.bands=["J", "H"]'`,
      exitCode: EXIT_CODES.usage,
    });
  }
}

const notOfTheForm = (text: string, steps: readonly string[]): CliError =>
  new CliError({
    message: `${JSON.stringify(text)} is not of the form step.parameter=value.`,
    action: `For example: --set ${steps[0] ?? 'extract'}.aperture=5; the steps are ${steps.join(', ')}.`,
    exitCode: EXIT_CODES.usage,
  });
