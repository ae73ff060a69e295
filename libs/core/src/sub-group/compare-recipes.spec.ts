import { buildRecipe, type RecipeInput } from '../recipe/recipe.js';
import { compareRecipes } from './compare-recipes.js';

const input: RecipeInput = {
  software: { name: 'phot', version: '1.4.2', digest: `sha256:${'a'.repeat(64)}` },
  versionPolicy: 'compatible',
  command: ['phot', '--fast'],
  environment: { LC_ALL: 'C' },
  parameters: { aperture: 4, fit: { order: 1, sigma: 2 }, 'a/b~c': [1, 2] },
  groupBy: ['source'],
  inputs: { raw: true },
};
const compare = (change: Partial<RecipeInput>) =>
  compareRecipes(buildRecipe(input).document, buildRecipe({ ...input, ...change }).document);

describe('compareRecipes', () => {
  it.each<[string, Partial<RecipeInput>, object[]]>([
    ['nothing', { parameters: { 'a/b~c': [1, 2], fit: { sigma: 2, order: 1 }, aperture: 4 } }, []],
    [
      'a parameter',
      { parameters: { ...input.parameters, fit: { order: 3, sigma: 2 } } },
      [{ component: 'parameters', path: '/fit/order', was: 1, is: 3 }],
    ],
    [
      'a parameter more and one less, and a list',
      { parameters: { fit: { order: 1, sigma: 2 }, 'a/b~c': [2, 1], mode: 'deep' } },
      [
        { component: 'parameters', path: '/a~1b~0c', was: [1, 2], is: [2, 1] },
        { component: 'parameters', path: '/aperture', was: 4, is: null },
        { component: 'parameters', path: '/mode', was: null, is: 'deep' },
      ],
    ],
    [
      'the version of the software',
      { software: { ...input.software, version: '1.5.0' } },
      [{ component: 'software', path: '/version', was: '1.4', is: '1.5' }],
    ],
    [
      'what makes a version another one',
      { versionPolicy: 'exact' },
      [
        { component: 'software', path: '/digest', was: null, is: input.software.digest },
        { component: 'software', path: '/name', was: 'phot', is: null },
        { component: 'software', path: '/version', was: '1.4', is: null },
      ],
    ],
    [
      'command and environment',
      { command: ['phot'], environment: { LC_ALL: 'C', OMP: '2' } },
      [
        { component: 'command', path: '', was: ['phot', '--fast'], is: ['phot'] },
        { component: 'environment', path: '/OMP', was: null, is: '2' },
      ],
    ],
    [
      'grouping, inputs and associations',
      { groupBy: ['source', 'line'], inputs: { raw: false }, associations: [{ name: 'dark' }] },
      [
        { component: 'inputs', path: '/raw', was: true, is: false },
        { component: 'group_by', path: '', was: ['source'], is: ['source', 'line'] },
        { component: 'associations', path: '', was: null, is: [{ name: 'dark' }] },
      ],
    ],
  ])('%s', (_, change, differences) => {
    expect(compare(change)).toEqual(differences);
  });

  it('of what is no recipe, nothing', () => {
    expect(compareRecipes({}, { software: 7 })).toEqual([]);
  });
});
