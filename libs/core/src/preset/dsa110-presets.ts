import { GROUPING_LIMITS, ON_DUPLICATE, ON_MISSING } from '../grouping/grouping-rule.js';
import { byParameter, type GroupingPreset } from './grouping-preset.js';

/** Groupings of the DSA-110 continuum survey. */
export const DSA110_PRESETS: readonly GroupingPreset[] = [
  {
    name: 'dsa110-observation',
    title: 'The subband files of one observation',
    description:
      'Every five minutes the correlator writes 16 files, one for each subband, whose clocks are up to a minute off, this way or that. Files within the tolerance of the earliest are one observation if enough subbands are there; of two files of a subband the later is taken. Needs the dimension of the subband (sb00 … sb15) on every file.',
    parameters: [
      {
        name: 'tolerance',
        type: 'duration',
        default: '120 s',
        description: 'How far two files of an observation may be apart: twice what a clock may be off.',
      },
      { name: 'dim', type: 'text', default: 'subband', description: 'The dimension that names the subband.' },
      {
        name: 'prefix',
        type: 'text',
        default: 'sb',
        description: 'What comes before the two digits of a subband.',
      },
      {
        name: 'count',
        type: 'integer',
        default: 16,
        min: 1,
        max: 100,
        description: 'Subbands of an observation.',
      },
      {
        name: 'minimum',
        type: 'integer',
        default: 12,
        min: 1,
        max: 100,
        description: 'Subbands that will do.',
      },
      {
        name: 'on_missing',
        type: 'choice',
        choices: ON_MISSING,
        default: 'accept',
        description: 'What becomes of an observation that has the minimum, but not all.',
      },
      {
        name: 'on_duplicate',
        type: 'choice',
        choices: ON_DUPLICATE,
        default: 'last',
        description: 'Which of two files of one subband is taken.',
      },
      {
        name: 'close_after',
        type: 'duration',
        default: '10 min',
        description: 'Quiet time after which missing subbands are not waited for.',
      },
      byParameter(),
    ],
    build: (value) => ({
      group_by: {
        by: value('by'),
        cluster: {
          tolerance: value('tolerance'),
          slots: {
            dim: value('dim'),
            values: Array.from(
              { length: Number(value('count')) },
              (_, index) => `${value('prefix') as string}${String(index).padStart(2, '0')}`,
            ),
            minimum: value('minimum'),
          },
          on_missing: value('on_missing'),
          on_duplicate: value('on_duplicate'),
          close_after: value('close_after'),
        },
      },
      step: {},
    }),
  },
  {
    name: 'dsa110-mosaic',
    title: 'Sliding mosaics of neighbouring observations',
    description:
      'Ten observations in a row make a mosaic, and each mosaic shares two with the one before, so that none has a seam. A pause ends the row. The telescope drifts along one declination: where it is moved, give `by` the dimension that tells the strips apart.',
    parameters: [
      {
        name: 'size',
        type: 'integer',
        default: 10,
        min: 1,
        max: GROUPING_LIMITS.windowSize,
        description: 'Observations of a mosaic.',
      },
      {
        name: 'step',
        type: 'integer',
        default: 8,
        min: 1,
        max: GROUPING_LIMITS.windowSize,
        description: 'Observations from the beginning of a mosaic to that of the next.',
      },
      {
        name: 'minimum',
        type: 'integer',
        default: 3,
        min: 1,
        max: GROUPING_LIMITS.windowSize,
        description: 'Observations that the last mosaic of a row must have to be made.',
      },
      { name: 'max_gap', type: 'duration', default: '6 min', description: 'A longer pause ends the row.' },
      {
        name: 'max_span',
        type: 'duration',
        default: '60 min',
        description: 'A mosaic that is longer is refused.',
      },
      byParameter(),
    ],
    build: (value) => ({
      group_by: {
        by: value('by'),
        window: {
          size: value('size'),
          step: value('step'),
          max_gap: value('max_gap'),
          max_span: value('max_span'),
        },
      },
      step: { min_members: Number(value('minimum')) },
    }),
  },
];
