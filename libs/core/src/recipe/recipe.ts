import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { majorMinor } from '../definition/semantic-version.js';
import type { ResultTable } from '../table/result-table.js';
import { sha256Hex } from './hashing.js';

/**
 * How much a change of software matters: `exact` compares bytes, `compatible` name and major.minor, `any` the name alone.
 */
export const VERSION_POLICIES = ['exact', 'compatible', 'any'] as const;
export type VersionPolicy = (typeof VERSION_POLICIES)[number];

export interface RecipeInput {
  readonly software: { readonly name: string; readonly version: string; readonly digest: string };
  readonly versionPolicy: VersionPolicy;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The tables that the software fills; what people only read of them is no part of a recipe. */
  readonly tables?: readonly ResultTable[];
  /** Identity parameters only, defaults filled in (`effectiveConfig().identity`). */
  readonly parameters: JsonObject;
  readonly groupBy: Json;
  readonly inputs: JsonObject;
  /** Further inputs; a recipe without any has the hash that it had before there were associations. */
  readonly associations?: readonly Json[];
}

export interface Recipe {
  readonly document: JsonObject;
  readonly recipeHash: string;
  readonly softwareHash: string;
  readonly configHash: string;
}

/**
 * Everything that decides what a step's result is, and its hashes.
 *
 * Paths, resources, worker counts and log levels are no part of it, so moving a workspace or giving a step more
 * memory never makes a result stale. Software and config are hashed apart so that staleness can name its cause.
 */
export function buildRecipe(input: RecipeInput): Recipe {
  const { associations = [], tables = [] } = input;
  const software: JsonObject = {
    identity: softwareIdentity(input),
    command: input.command,
    environment: input.environment,
    ...(tables.length > 0 ? { tables: tables.map(tableIdentity) } : {}),
  };

  const config: JsonObject = {
    parameters: input.parameters,
    inputs: input.inputs,
    group_by: input.groupBy,
    ...(associations.length > 0 ? { associations } : {}),
  };
  return hashed(software, config);
}

/** A recipe as it is stored, with other identity parameters: that of a run that somebody asked for with overrides. */
export function withParameters(document: JsonObject, parameters: JsonObject): Recipe {
  const { software, config } = document;
  if (!isJsonObject(software) || !isJsonObject(config)) throw new Error('this is no stored recipe');
  return hashed(software, { ...config, parameters });
}

function hashed(software: JsonObject, config: JsonObject): Recipe {
  const softwareHash = sha256Hex(canonicalJson(software));
  const configHash = sha256Hex(canonicalJson(config));
  return {
    document: { software, config },
    recipeHash: sha256Hex(canonicalJson({ software: softwareHash, config: configHash })),
    softwareHash,
    configHash,
  };
}

/** Another unit or another meaning of a bit makes another value of the same number; another description does not. */
const tableIdentity = ({ name, rows_of, key, columns }: ResultTable): JsonObject => ({
  ...{ name, rows_of, key },
  columns: columns.map((column) => ({
    ...{ name: column.name, type: column.type, unit: column.unit, nullable: column.nullable },
    bits: column.bits.map(({ bit, name: meaning }) => ({ bit, name: meaning })),
  })),
});

function softwareIdentity({ software, versionPolicy }: RecipeInput): JsonObject {
  switch (versionPolicy) {
    case 'exact':
      return { digest: software.digest };
    case 'compatible':
      return { name: software.name, version: majorMinor(software.version) };
    case 'any':
      return { name: software.name };
  }
}
