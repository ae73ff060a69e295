import type { Json, JsonObject } from '../shared/json.js';

/** A value that a preset may be given, and the one that it has otherwise; null is none. */
export type PresetParameter = {
  readonly name: string;
  readonly description: string;
  readonly default: Json;
} & (
  | { readonly type: 'text' | 'source' | 'duration' | 'terms' | 'site' }
  | { readonly type: 'integer' | 'number'; readonly min: number; readonly max: number }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
);

/** The value of a parameter by its name: what was given, or its default. */
export type PresetValues = (name: string) => Json;

/** Settings of a step that go with its grouping, in the words of a definitions file; the step's own come before them. */
export interface PresetStepSettings {
  readonly expect?: JsonObject;
  readonly min_members?: number;
  readonly settle_seconds?: number;
  readonly max_wait_seconds?: number;
}

export interface BuiltGrouping {
  /** A step's `group_by`, as it could have been written by hand. */
  readonly group_by: Json;
  readonly step: PresetStepSettings;
}

/** A grouping that many observe by, under a name. */
export interface GroupingPreset {
  readonly name: string;
  /** One line. */
  readonly title: string;
  /** What it is for, what it needs of the items and where it comes from. */
  readonly description: string;
  readonly parameters: readonly PresetParameter[];
  readonly build: (value: PresetValues) => BuiltGrouping;
}

/** Every preset may be told to keep apart what differs in further terms. */
export const byParameter = (terms: readonly string[] = []): PresetParameter => ({
  name: 'by',
  type: 'terms',
  default: terms,
  description: 'Terms of group_by that part the items first.',
});
