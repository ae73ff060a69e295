import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../shared/json.js';

/** Parts of a recipe, as people speak of them. */
export const RECIPE_COMPONENTS = [
  'software',
  'command',
  'environment',
  'tables',
  'parameters',
  'inputs',
  'group_by',
  'associations',
] as const;
export type RecipeComponent = (typeof RECIPE_COMPONENTS)[number];

/** One place where two recipes differ; null is not there. */
export interface RecipeDifference {
  readonly component: RecipeComponent;
  /** Within the component, as a JSON pointer; empty for the whole of it. */
  readonly path: string;
  readonly was: Json;
  readonly is: Json;
}

const PLACES: Record<RecipeComponent, readonly [string, string]> = {
  software: ['software', 'identity'],
  command: ['software', 'command'],
  environment: ['software', 'environment'],
  tables: ['software', 'tables'],
  parameters: ['config', 'parameters'],
  inputs: ['config', 'inputs'],
  group_by: ['config', 'group_by'],
  associations: ['config', 'associations'],
};

/** Where the recipe of a result differs from the one that its step has now, both as they are stored. */
export function compareRecipes(was: JsonObject, is: JsonObject): RecipeDifference[] {
  return RECIPE_COMPONENTS.flatMap((component) => {
    const [part, name] = PLACES[component];
    return differences(at(was, part, name), at(is, part, name)).map((difference) => ({
      component,
      ...difference,
    }));
  });
}

function at(recipe: JsonObject, part: string, name: string): Json {
  const half = recipe[part];
  return isJsonObject(half) ? (half[name] ?? null) : null;
}

type Difference = Omit<RecipeDifference, 'component'>;

/** Objects are compared member by member; lists are one value, because a place in a list says nothing. */
function differences(was: Json, is: Json, path = ''): Difference[] {
  if (canonicalJson(was) === canonicalJson(is)) return [];
  if (!isJsonObject(was) || !isJsonObject(is)) return [{ path, was, is }];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
  return names.flatMap((name) =>
    differences(
      was[name] ?? null,
      is[name] ?? null,
      `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    ),
  );
}
