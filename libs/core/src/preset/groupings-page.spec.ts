import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseAssociations } from '../association/parse-associations.js';
import { parseExpectation } from '../definition/parse-expectation.js';
import { STEP_KEYS } from '../definition/parse-step.js';
import { GROUP_BY_LIMITS } from '../grouping/group-by-term.js';
import { parseGroupingRule } from '../grouping/parse-grouping-rule.js';
import type { JsonObject } from '../shared/json.js';
import { DERIVE_KINDS } from '../sky/parse-derive-rules.js';
import { expandGroupingPreset, GROUPING_PRESETS } from './expand-grouping-preset.js';

const page = readFileSync(join(__dirname, '../../../../docs/groupings.md'), 'utf8');
const examples = [...page.matchAll(/```yaml\n([^`]*)```/g)].map(([, text = '']) => [text]);

describe('docs/groupings.md', () => {
  it.each(examples)('has an example that can be written in a step:\n%s', (text) => {
    const step = parse(text) as JsonObject;
    expect(STEP_KEYS).toEqual(expect.arrayContaining(Object.keys(step)));
    const rule = parseGroupingRule(expandGroupingPreset(step['group_by'] ?? []).group_by);
    expect(rule.terms.length).toBeLessThanOrEqual(GROUP_BY_LIMITS.terms);
    if (step['expect'] !== undefined) parseExpectation(step['expect']);
    if (step['associations'] !== undefined) expect(parseAssociations(step['associations'])).toHaveLength(2);
  });

  it('has an example of every kind', () => {
    const kinds = examples.map(
      ([text = '']) =>
        parseGroupingRule(expandGroupingPreset((parse(text) as JsonObject)['group_by'] ?? []).group_by).kind,
    );
    expect(new Set(kinds)).toEqual(new Set(['by', 'cluster', 'window', 'split', 'item']));
  });

  it('names every preset and every derived dimension', () => {
    const names = [...GROUPING_PRESETS.map(({ name }) => name), ...DERIVE_KINDS];
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
