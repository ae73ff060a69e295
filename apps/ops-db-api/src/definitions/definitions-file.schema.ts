import type { ApiBodyOptions } from '@nestjs/swagger';

type Schema = Extract<ApiBodyOptions, { schema: unknown }>['schema'];

const list = (description: string): Schema => ({
  type: 'array',
  description,
  items: { type: 'object', additionalProperties: true },
});

/** The four lists of a definitions file; what is in them is checked by core, which names every problem by its JSON pointer. */
export const DEFINITIONS_FILE: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    software: list(
      'Software versions: name, version, image, host_directory, image_digest, digest, command, environment, config_schema, exit_codes.',
    ),
    locations: list('Data locations: name, kind, base_path, backend, runtime, staging, limits.'),
    groupings: list('Data groupings: name, description, filter.'),
    pipelines: list('Pipelines with their steps: name, grouping, location, trigger, priority, steps.'),
  },
  example: {
    groupings: [{ name: 'm17', filter: [{ dim: 'source', operator: 'eq', value: 'M17' }] }],
  },
};
