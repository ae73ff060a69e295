import type { ResultColumn, ResultTable } from '../table/result-table.js';
import { buildRecipe, withParameters, type RecipeInput } from './recipe.js';

const input: RecipeInput = {
  software: { name: 'phot', version: '1.4.2', digest: `sha256:${'a'.repeat(64)}` },
  versionPolicy: 'compatible',
  command: ['python3', '{software_dir}/phot.py'],
  environment: { LC_ALL: 'C' },
  parameters: { aperture: 4, fit: { order: 1, sigma: 2 } },
  groupBy: ['source'],
  inputs: { raw: true },
};
const COLUMN: ResultColumn = {
  ...{ name: 'flux', type: 'float64', unit: 'Jy', description: '', section: '', nullable: true, bits: [] },
};
const TABLE: ResultTable = { name: 'sources', description: '', rows_of: 'item', key: [], columns: [COLUMN] };
const other = { name: 'phot', version: '1.4.3', digest: `sha256:${'b'.repeat(64)}` };

/** Which of the three hashes differ from those of `input`. */
const changed = (change: Partial<RecipeInput>, from: Partial<RecipeInput> = {}): string[] => {
  const [before, after] = [buildRecipe({ ...input, ...from }), buildRecipe({ ...input, ...from, ...change })];
  return (['softwareHash', 'configHash', 'recipeHash'] as const).filter(
    (name) => before[name] !== after[name],
  );
};
const SOFTWARE = ['softwareHash', 'recipeHash'];
const CONFIG = ['configHash', 'recipeHash'];

describe('buildRecipe', () => {
  it.each<[string, Partial<RecipeInput>, Partial<RecipeInput>, string[]]>([
    ['a patch release, compatible', { software: other }, {}, []],
    ['a patch release, exact', { software: other }, { versionPolicy: 'exact' }, SOFTWARE],
    ['a patch release, any', { software: other }, { versionPolicy: 'any' }, []],
    ['a minor release, compatible', { software: { ...other, version: '1.5.0' } }, {}, SOFTWARE],
    ['a major release, any', { software: { ...other, version: '2.0.0' } }, { versionPolicy: 'any' }, []],
    ['another software, any', { software: { ...other, name: 'map' } }, { versionPolicy: 'any' }, SOFTWARE],
    [
      'the same bytes under another version, exact',
      { software: { ...input.software, version: '9.0.0' } },
      { versionPolicy: 'exact' },
      [],
    ],
    ['another command', { command: ['python3'] }, {}, SOFTWARE],
    ['another environment', { environment: {} }, {}, SOFTWARE],
    ['a table', { tables: [TABLE] }, {}, SOFTWARE],
    ['no table', { tables: [] }, {}, []],
    [
      'another unit',
      { tables: [{ ...TABLE, columns: [{ ...COLUMN, unit: 'mJy' }] }] },
      { tables: [TABLE] },
      SOFTWARE,
    ],
    [
      'another description',
      { tables: [{ ...TABLE, description: 'x', columns: [{ ...COLUMN, description: 'y', section: 'z' }] }] },
      { tables: [TABLE] },
      [],
    ],
    ['rows that are an input', { tables: [{ ...TABLE, as_input: true }] }, { tables: [TABLE] }, []],
    ['another parameter', { parameters: { aperture: 5 } }, {}, CONFIG],
    ['another group_by', { groupBy: [] }, {}, CONFIG],
    ['an association', { associations: [{ name: 'dark', policy: 'nearest' }] }, {}, CONFIG],
    ['no association', { associations: [] }, {}, []],
    ['another input binding', { inputs: { raw: false, types: ['SCIENCE'] } }, {}, CONFIG],
    [
      'the same parameters in another order',
      { parameters: { fit: { sigma: 2, order: 1 }, aperture: 4 } },
      {},
      [],
    ],
  ])('%s changes what it must', (_, change, from, hashes) => {
    expect(changed(change, from)).toEqual(hashes);
  });

  it('stays the same for all time: stored hashes depend on it', () => {
    expect(buildRecipe(input)).toEqual({
      document: {
        software: {
          identity: { name: 'phot', version: '1.4' },
          command: input.command,
          environment: input.environment,
        },
        config: { parameters: input.parameters, inputs: { raw: true }, group_by: ['source'] },
      },
      recipeHash: 'abf7379a938a684dfafb2a43535d072fb21d3ac2368578d8bd2a453c35c8d5e5',
      softwareHash: 'd7bed38082a78d42d57bcd832362ed9e3ea9e336646e5f006a6b4409fdb1dfd0',
      configHash: 'c4cc531a6491da2aa25d2371a5959ab7ccfa485303b7dd754acef9f039117050',
    });
  });
});

describe('withParameters', () => {
  it('gives a stored recipe the hashes that it would have been built with', () => {
    const other = { ...input, parameters: { aperture: 9 } };

    expect(withParameters(buildRecipe(input).document, { aperture: 9 })).toEqual(buildRecipe(other));
  });
});
