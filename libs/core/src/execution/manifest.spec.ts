import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASSOCIATION_METHODS, ASSOCIATION_ROLES } from '../association/association.js';
import { PRODUCT_TYPES } from '../output/product-type.js';
import {
  buildManifest,
  CONTRACT_VERSION,
  MANIFEST_INPUT_ROLES,
  manifestText,
  type ManifestFacts,
  type ManifestInput,
} from './manifest.js';

interface SchemaParts {
  properties: { contract_version: { const: number } };
  $defs: {
    input: {
      properties: {
        role: { enum: string[] };
        association: { properties: Record<'role' | 'method', { enum: string[] }> };
        product_type: { enum: (string | null)[] };
      };
    };
  };
}

const schema = JSON.parse(
  readFileSync(join(__dirname, '../../../../docs/schemas/manifest.schema.json'), 'utf8'),
) as SchemaParts & object;
const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);

const input = (id: number): ManifestInput => ({
  id,
  name: `m17-${id}.fits`,
  path: `/workflow/input/m17-${id}.fits`,
  size_bytes: 10,
  sha256: 'a'.repeat(64),
  dims: { source: 'm17', night: 3, cold: null },
  role: 'member',
  product_type: null,
});

const facts: ManifestFacts = {
  runId: 12,
  attempt: 1,
  runDims: { source: 'm17' },
  pipeline: 'maps',
  step: 'grid',
  isFinalStep: true,
  software: { name: 'gridder', version: '1.4.2', digest: `sha256:${'b'.repeat(64)}` },
  config: { pixel: 0.5 },
  resources: { cpus: 2, memoryMb: 500, walltimeMinutes: 10 },
  inputs: [input(9), input(3)],
  outputs: { required: [{ pattern: '*.fits' }] },
  provenance: {
    location: 'cluster',
    sub_group: { key: '1f3c9a2b44d5e6f7', dims: { source: 'm17' } },
    recipe: { hash: 'c'.repeat(64), document: { software: {}, config: {} } },
    software_hash: 'd'.repeat(64),
    config_hash: 'e'.repeat(64),
    priority: 0,
    causes: ['software'],
    created_at: '2026-05-01T00:00:00.000Z',
    remakes_run: null,
  },
};

const withFirstInput = (change: object): object => {
  const manifest = buildManifest(facts);
  return { ...manifest, inputs: [{ ...manifest.inputs[0], ...change }] };
};

it('a manifest says everything about a run, inputs in the order of their ids', () => {
  expect(buildManifest(facts)).toEqual({
    contract_version: 1,
    provenance: facts.provenance,
    run: { id: 12, attempt: 1, dims: { source: 'm17' } },
    pipeline: 'maps',
    step: 'grid',
    is_final_step: true,
    software: { name: 'gridder', version: '1.4.2', digest: `sha256:${'b'.repeat(64)}` },
    config: { pixel: 0.5 },
    resources: { cpus: 2, memory_mb: 500, walltime_minutes: 10 },
    inputs: [input(3), input(9)],
    outputs: { required: [{ pattern: '*.fits' }] },
  });
});

it('a manifest is valid against the published schema, also after a trip through its text', () => {
  validate(JSON.parse(manifestText(buildManifest(facts))));
  expect(validate.errors).toBeNull();
});

it('an associated input says what it is bound as and how it was chosen', () => {
  const association = {
    role: 'before',
    method: 'interpolated',
    offset_seconds: -3600.5,
    weight: 0.25,
  } as const;
  const bound = { ...input(5), role: 'association', binding: 'dark', association } as const;
  const manifest = buildManifest({
    ...facts,
    inputs: [bound, { ...input(5), path: '/workflow/input/a.fits' }],
  });
  expect(manifest.inputs.map(({ role }) => role)).toEqual(['member', 'association']);
  expect(validate(manifest)).toBe(true);
  expect(validate({ ...manifest, inputs: [{ ...input(5), role: 'association' }] })).toBe(false);
  expect(validate({ ...manifest, inputs: [{ ...bound, role: 'member' }] })).toBe(false);
  expect(
    validate({ ...manifest, inputs: [{ ...bound, association: { ...association, role: 'sole' } }] }),
  ).toBe(false);
});

it('the schema knows the same version, roles and product types as the code', () => {
  const { role, product_type: productType, association } = schema.$defs.input.properties;
  expect(association.properties.role.enum).toEqual([...ASSOCIATION_ROLES]);
  expect(association.properties.method.enum).toEqual([...ASSOCIATION_METHODS]);
  expect(schema.properties.contract_version.const).toBe(CONTRACT_VERSION);
  expect(role.enum).toEqual([...MANIFEST_INPUT_ROLES]);
  expect(productType.enum).toEqual([...PRODUCT_TYPES, null]);
});

it.each<[string, unknown]>([
  ['no object', []],
  ['another contract version', { ...buildManifest(facts), contract_version: 2 }],
  ['no inputs', { ...buildManifest(facts), inputs: undefined }],
  ['a relative path', withFirstInput({ path: 'input/a.fits' })],
  ['an unknown role', withFirstInput({ role: 'friend' })],
  ['a size that is no whole number', withFirstInput({ size_bytes: 1.5 })],
  ['dims inside dims', withFirstInput({ dims: { a: {} } })],
])('the schema refuses %s', (_, manifest) => {
  expect(validate(manifest)).toBe(false);
});
