import type { ApiBodyOptions } from '@nestjs/swagger';

type Schema = Extract<ApiBodyOptions, { schema: unknown }>['schema'];

const list = (description: string): Schema => ({
  type: 'array',
  description,
  items: { type: 'object', additionalProperties: true },
});

/** The lists of a definitions file; what is in them is checked by core, which names every problem by its JSON pointer. */
export const DEFINITIONS_FILE: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    software: list(
      'Software versions: name, version, image, host_directory, image_digest, digest, command, environment, config_schema, exit_codes, tables.',
    ),
    locations: list(
      'Data locations: name, kind, base_path, backend, runtime, staging, limits, capacity, high_water, low_water.',
    ),
    pools: list('Pools of slots that runs share, whatever pipeline they belong to: name, slots.'),
    groupings: list('Data groupings: name, description, filter.'),
    pipelines: list(
      'Pipelines with their steps: name, grouping, location, trigger (CONTINUOUS, MANUAL or {cron, timezone}), priority, enabled, steps. ' +
        'A step: name, software, version, version_policy, depends_on, group_by (a list of terms, or by with cluster, window, split or item), ' +
        'config, inputs, associations, min_members, expect ({count} or {slots: {dim, values}, minimum}), settle_seconds, max_wait_seconds, ' +
        'upstream_policy, cooldown_seconds, resources, retry, outputs, quality, publication, retention, max_active_runs, pool.',
    ),
  },
  example: {
    groupings: [{ name: 'm17', filter: [{ dim: 'source', operator: 'eq', value: 'M17' }] }],
  },
};
