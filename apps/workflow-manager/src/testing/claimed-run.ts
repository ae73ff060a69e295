import type { ClaimedRun, RunInput } from '@meridian/ops-db';

/** A run as staging gets it, at a location with this base. */
export const aClaimedRun = (
  basePath: string,
  runId: number,
  options: Partial<ClaimedRun> = {},
): ClaimedRun => ({
  installation: 'test1',
  runId,
  attempt: 1,
  failureCount: 0,
  inputSetId: 1,
  memberCount: 1,
  dims: {},
  config: {},
  cpus: 1,
  memoryMb: 200,
  walltimeMinutes: 1,
  pipeline: 'maps',
  step: 'grid',
  outputs: {},
  retry: {},
  maxMemoryMb: 200,
  maxWalltimeMinutes: 1,
  isFinalStep: true,
  subGroupKey: '1f3c9a2b44d5e6f7',
  subGroupDims: { source: 'm17' },
  software: 'tool',
  version: '1.0.0',
  digest: `sha256:${'0'.repeat(64)}`,
  imageRef: null,
  imageDigest: null,
  hostDirectory: null,
  command: ['true'],
  environment: {},
  locationId: 1,
  location: 'lab',
  basePath,
  runtime: 'apptainer',
  staging: 'link',
  ...options,
});

/** An input whose only copy is at `basePath`/`path`. */
export const anInput = (
  itemId: number,
  { basePath, path, sizeBytes }: { basePath: string; path: string; sizeBytes: number },
): RunInput => ({
  inputSetId: 1,
  itemId,
  name: `input-${itemId}.dat`,
  dims: {},
  sizeBytes,
  sha256: 'f'.repeat(64),
  currentSha256: 'f'.repeat(64),
  productType: null,
  copies: [{ location: 'archive', basePath, path, isLocal: false }],
});
