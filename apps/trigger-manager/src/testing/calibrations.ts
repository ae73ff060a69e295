import type { JsonObject } from '@meridian/core';
import { HOUR, type SurveyFile } from './survey-world.js';

/** An association `dark` with the nearest of the files that `aDark` makes, unless it says otherwise. */
export const dark = (more: JsonObject = {}): JsonObject => ({
  name: 'dark',
  select: [{ dim: 'dataset', operator: 'eq', value: 'darks' }],
  policy: 'nearest',
  ...more,
});

/** A step that works on one night each. */
export const reduceWith = (...associations: readonly JsonObject[]): JsonObject => ({
  name: 'reduce',
  group_by: ['night'],
  associations,
});

/** Taken so many hours after the night began; valid then, and then only. */
export const aDark = (name: string, hours: number, more: SurveyFile['dims'] = {}): SurveyFile => ({
  name,
  dims: { dataset: 'darks', ...more },
  at: hours * HOUR,
});

export const science = (
  name: string,
  night: number | string,
  hours: number,
  more: SurveyFile['dims'] = {},
): SurveyFile => ({ name, dims: { night, ...more }, at: hours * HOUR });
