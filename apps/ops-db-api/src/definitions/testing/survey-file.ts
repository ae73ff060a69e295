import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import type { TestApi } from '../../http/testing/open-test-api.js';

/** A made-up digest of one letter. */
export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

/** A version of `phot`, a program with one identity and one runtime parameter. */
export const software = (version: string, more: object = {}): object => ({
  name: 'phot',
  version,
  host_directory: '/opt/phot',
  digest: digest('a'),
  command: ['python3', '{software_dir}/phot.py', '{manifest}'],
  config_schema: {
    type: 'object',
    properties: {
      aperture: { type: 'number', default: 3, minimum: 1 },
      workers: { type: 'integer', default: 2, 'x-role': 'runtime' },
    },
  },
  ...more,
});

/** A step that runs `phot`. */
export const step = (name: string, more: object = {}): object => ({ name, software: 'phot', ...more });

/** A file with everything that the pipeline `survey` needs. */
export const file = (
  more: { software?: object[]; steps?: object[]; pipeline?: object } = {},
): Record<string, unknown> => ({
  software: more.software ?? [software('1.0.0')],
  locations: [{ name: 'disk', kind: 'PROCESSING', base_path: '/tmp/disk', backend: 'fake', runtime: 'host' }],
  groupings: [{ name: 'm17', filter: [{ dim: 'source', operator: 'eq', value: 'M17' }] }],
  pipelines: [
    {
      name: 'survey',
      grouping: 'm17',
      location: 'disk',
      steps: more.steps ?? [
        step('map', { depends_on: ['extract'] }),
        step('extract', { group_by: ['source'] }),
      ],
      ...more.pipeline,
    },
  ],
});

/** Every table but those that every request writes, row by row, with the row versions that an UPDATE would change. */
export async function wholeDatabase(api: TestApi): Promise<Record<string, unknown>> {
  const { manager } = api.db.dataSource;
  const tables = await queryRows<{ name: string }>(
    manager,
    sql`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('audit_log', 'api_token', 'idempotency_key') ORDER BY 1`,
  );
  const contents: Record<string, unknown> = {};
  for (const { name } of tables) {
    const text = `SELECT xmin::text, to_jsonb(t) AS row FROM "${name}" t ORDER BY to_jsonb(t)::text`;
    contents[name] = await queryRows(manager, { text, values: [] });
  }
  return contents;
}
