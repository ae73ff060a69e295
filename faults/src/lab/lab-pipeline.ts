import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '@meridian/core/testing';
import { labBackendConfig, type LabSite } from '@meridian/hpc/testing/lab';
import type { LabCluster } from './lab-cluster.js';
import type { Input, MeridianApi } from './meridian-api.js';

/** The one product of every run. */
export const PRODUCT = 'product.txt';
export const RAW_LOCATION = 'faults-raw';

/** Less than what a proxy holds something back; the sites' own limits are in seconds. */
const TIMEOUT_SECONDS = 5;
/** As in the lab's slurm.conf: until then a submission may still take effect. */
const MESSAGE_TIMEOUT_SECONDS = 30;
/** Shorter than the rage, so that tokens are renewed while things go wrong. */
const TOKEN_SECONDS = '120';

/** Tried so often that only a fault which is final by itself ends a run. */
const RETRY = { max_attempts: 40, backoff_seconds: 1 };

/** Counts itself outside Meridian, takes the time that its input says, and makes its product from it. */
const PROGRAM = `set -eu
key="$WORKFLOW_RUN_ID.$WORKFLOW_ATTEMPT"
printf 'began %s %s %s\\n' "$key" "\${SLURM_JOB_ID:-none}" "$(date +%s)" >>"$TALLY"
for input in "$WORKFLOW_INPUT_DIR"/*; do read -r name seconds <"$input"; done
sleep "$seconds"
printf 'made from %s\\n' "$name" >"$WORKFLOW_OUTPUT_DIR/${PRODUCT}"
printf 'finished %s\\n' "$key" >>"$TALLY"
`;

export interface LabPipelineOptions {
  readonly site: LabSite;
  readonly cluster: LabCluster;
  readonly proxyPort: number;
  readonly home: string;
  readonly base: string;
  readonly tally: string;
}

/** Writes the program and the definitions file, and returns the file's path. */
export async function writePipeline(options: LabPipelineOptions): Promise<string> {
  const program = join(options.home, 'program');
  await mkdir(program, { recursive: true });
  await mkdir(rawFolder(options.home), { recursive: true });
  await writeFile(join(program, 'count.sh'), PROGRAM);
  const file = join(options.home, 'pipeline.yaml');
  await writeFile(file, JSON.stringify(definitions(options)));
  return file;
}

export const rawFolder = (home: string): string => join(home, 'raw');

/** An input whose run takes mostly a moment, sometimes long enough for something to happen to it. */
export async function ingestOne(
  api: MeridianApi,
  random: Random,
  { home, number }: { home: string; number: number },
): Promise<Input> {
  const seconds = random.weighted({ moment: 6, while: 3, long: 1 });
  const range = { moment: [0.1, 2], while: [4, 9], long: [12, 20] } as const;
  const [least, most] = range[seconds];
  const name = `${number}.fits`;
  const input = { name, product: `made from ${name}\n` };
  const content = `${name} ${random.between(least, most).toFixed(1)}\n`;
  await api.ingest(input, { folder: rawFolder(home), location: RAW_LOCATION, content });
  return input;
}

function definitions({ site, cluster, proxyPort, home, base, tally }: LabPipelineOptions) {
  const resources = { cpus: 1, memory_mb: 100, walltime_minutes: 10 };
  const outputs = { required: [{ pattern: PRODUCT }], rules: [{ pattern: PRODUCT, type: 'SCIENCE' }] };
  return {
    software: [
      {
        name: 'count',
        version: '1.0.0',
        directory: 'program',
        files: ['count.sh'],
        command: ['sh', '{software_dir}/count.sh'],
        environment: { TALLY: tally },
      },
    ],
    locations: [
      {
        name: site,
        kind: 'PROCESSING',
        base_path: base,
        backend: site.replace('lab', 'slurm'),
        runtime: 'host',
        backend_config: wayTo(site, cluster, proxyPort),
      },
      { name: RAW_LOCATION, kind: 'SOURCE', base_path: rawFolder(home) },
    ],
    groupings: [{ name: 'faults', filter: [{ dim: 'dataset', operator: 'eq', value: 'faults' }] }],
    pipelines: [
      {
        name: 'faults',
        grouping: 'faults',
        location: site,
        trigger: 'CONTINUOUS',
        steps: [
          { name: 'count', software: 'count', group_by: ['raw_data_file'], resources, retry: RETRY, outputs },
        ],
      },
    ],
  };
}

/** Past the proxy that breaks it. */
function wayTo(site: LabSite, { facts }: LabCluster, port: number): object {
  const way = { ...labBackendConfig(facts, site), timeout_seconds: TIMEOUT_SECONDS };
  return site === 'lab-rest'
    ? {
        ...way,
        url: `http://127.0.0.1:${port}`,
        token: { command: [...facts.token_command, TOKEN_SECONDS] },
        message_timeout_seconds: MESSAGE_TIMEOUT_SECONDS,
      }
    : { ...way, port, keepalive_seconds: TIMEOUT_SECONDS };
}
