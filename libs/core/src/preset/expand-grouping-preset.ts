import { DocumentReader } from '../definition/document-reader.js';
import { suggestion } from '../definition/nearest-name.js';
import { DURATION_FORMS, ruleSeconds } from '../grouping/duration.js';
import { GROUPING_LIMITS } from '../grouping/grouping-rule.js';
import { parseGroupBy } from '../grouping/parse-group-by.js';
import { DomainError, type Problem } from '../shared/domain-error.js';
import { isJsonObject, type Json } from '../shared/json.js';
import { parseDeriveSource, readNumber, readSite, SOURCE_FORMS } from '../sky/parse-derive-rules.js';
import { CCAT_PRESETS } from './ccat-presets.js';
import { DSA110_PRESETS } from './dsa110-presets.js';
import type { BuiltGrouping, GroupingPreset, PresetParameter } from './grouping-preset.js';
import { SO_NULL_TEST_PRESETS } from './so-null-test-presets.js';

/** Every preset, by observatory. */
export const GROUPING_PRESETS: readonly GroupingPreset[] = [
  ...CCAT_PRESETS,
  ...DSA110_PRESETS,
  ...SO_NULL_TEST_PRESETS,
];

/**
 * A step's `group_by` without presets: `{preset: name, …parameters}` becomes what the preset builds, with the settings of the step
 * that go with it; anything else comes back as it is, with none.
 *
 * What is built is as good as written by hand: it still has to go through `parseGroupingRule`.
 *
 * @throws DomainError `preset.invalid` whose `problems` name every mistake by JSON pointer.
 */
export function expandGroupingPreset(json: Json): BuiltGrouping {
  if (!isJsonObject(json) || !Object.hasOwn(json, 'preset')) return { group_by: json, step: {} };
  const problems: Problem[] = [];
  const name = json['preset'];
  const preset = GROUPING_PRESETS.find((known) => known.name === name);
  if (preset === undefined) {
    const names = GROUPING_PRESETS.map((known) => known.name);
    const hint = typeof name === 'string' ? suggestion(name, names) : '';
    const message = `${JSON.stringify(name)} is no preset${hint}`;
    throw invalid([{ code: 'preset.unknown', path: '/preset', message }]);
  }
  const keys = ['preset', ...preset.parameters.map((parameter) => parameter.name)];
  const reader = DocumentReader.of(json, '', keys, problems);
  const values = new Map(preset.parameters.map((parameter) => [parameter.name, valueOf(parameter, reader)]));
  if (problems.length > 0) throw invalid(problems);
  return preset.build((parameter) => values.get(parameter) ?? null);
}

const invalid = (problems: readonly Problem[]): DomainError =>
  new DomainError({
    kind: 'invalid',
    code: 'preset.invalid',
    message: `group_by ${problems[0]?.path ?? ''} ${problems[0]?.message ?? ''}`,
    action: 'See "meridian presets" for the presets and "meridian presets NAME" for what one of them takes.',
    problems,
  });

/** What was given, or the default; the reader holds what is wrong with it. */
function valueOf(parameter: PresetParameter, reader: DocumentReader): Json {
  const { name } = parameter;
  const given = reader.raw(name);
  if (given === undefined) return parameter.default;
  const message = problemOf(parameter, reader, given);
  if (message !== null) reader.report('preset.bad_value', name, message);
  return given;
}

/** What is wrong with a value and not reported yet. */
function problemOf(parameter: PresetParameter, reader: DocumentReader, given: Json): string | null {
  const { name } = parameter;
  const isText = typeof given === 'string' && given !== '' && given.length <= GROUPING_LIMITS.labelLength;
  switch (parameter.type) {
    case 'text':
      return isText ? null : `must be a text of 1 to ${GROUPING_LIMITS.labelLength} characters`;
    case 'source':
      return typeof given === 'string' && parseDeriveSource(given) !== null
        ? null
        : `must be ${SOURCE_FORMS}`;
    case 'duration':
      return typeof given === 'string' && ruleSeconds(given) !== null ? null : `must be ${DURATION_FORMS}`;
    case 'terms':
      reader.parsed<Json>(name, [], (value) => (parseGroupBy(value), value));
      return null;
    case 'site':
      readSite(reader);
      return null;
    case 'integer':
      reader.integer(name, 0, parameter);
      return null;
    case 'number':
      readNumber(reader, name, 0, [parameter.min, parameter.max]);
      return null;
    case 'choice':
      reader.choice(name, parameter.choices, null);
      return null;
  }
}
