import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';

/**
 * A step's parameters with some of them replaced, at every depth: an object is merged into an object, anything else takes the place of
 * what was there.
 */
export const overrideParameters = (parameters: JsonObject, overrides: JsonObject): JsonObject => ({
  ...parameters,
  ...Object.fromEntries(
    Object.entries(overrides).map(([name, value]): [string, Json] => {
      const given = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
      return [name, isJsonObject(given) && isJsonObject(value) ? overrideParameters(given, value) : value];
    }),
  ),
});
