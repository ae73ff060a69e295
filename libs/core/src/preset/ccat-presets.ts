import { ruleSeconds } from '../grouping/duration.js';
import type { Json } from '../shared/json.js';
import {
  byParameter,
  type GroupingPreset,
  type PresetParameter,
  type PresetValues,
} from './grouping-preset.js';

const SETTLE: PresetParameter = {
  name: 'settle',
  type: 'duration',
  default: '10 min',
  description: 'Quiet time after the last new file before a run begins.',
};

const terms = (value: PresetValues, ...first: readonly string[]): Json => [
  ...first,
  ...(value('by') as readonly string[]).filter((term) => !first.includes(term)),
];

const settled = (value: PresetValues): { settle_seconds: number } => ({
  settle_seconds: ruleSeconds(value('settle') as string) ?? 0,
});

/** Groupings of the CCAT observatory. */
export const CCAT_PRESETS: readonly GroupingPreset[] = [
  {
    name: 'ccat-scan',
    title: 'Per scan',
    description:
      'One sub-group for each execution of an observing unit (dimension executed_obs_unit), of all modules together: what calibration and baseline steps work on.',
    parameters: [byParameter()],
    build: (value) => ({ group_by: terms(value, 'executed_obs_unit'), step: {} }),
  },
  {
    name: 'ccat-source-line',
    title: 'Per source and line',
    description:
      'One sub-group for each spectral line of each source (dimensions source and line), growing with every scan: what gridding and map-making steps work on.',
    parameters: [byParameter(), SETTLE],
    build: (value) => ({ group_by: terms(value, 'source', 'line'), step: settled(value) }),
  },
  {
    name: 'ccat-day-module',
    title: 'Per day and module',
    description:
      'One sub-group for each instrument module and UTC day of observation (dimensions instrument and module): what daily calibration and quality plots work on.',
    parameters: [byParameter(), { ...SETTLE, default: '1 h' }],
    build: (value) => ({
      group_by: terms(value, 'date(obs_time)', 'instrument', 'module'),
      step: settled(value),
    }),
  },
];
