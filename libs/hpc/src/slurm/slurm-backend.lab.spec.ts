import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject, JobSpec, JobToken } from '@meridian/core';
import { createBackend } from '../create-backend.js';
import type { HpcBackend } from '../hpc-backend.js';
import { hpcBackendContract, type ContractJob, type ContractSite } from '../testing/hpc-backend.contract.js';
import { labFacts } from '../testing/lab.js';

jest.setTimeout(120_000);

const lab = labFacts();
const idOf = (flag: string): number => Number(execFileSync('id', [flag, lab.user], { encoding: 'utf8' }));
const [uid, gid] = [idOf('-u'), idOf('-g')];

const CONFIGS: Readonly<Record<'slurm-rest' | 'slurm-ssh', JsonObject>> = {
  'slurm-rest': {
    url: lab.rest_url,
    user: lab.user,
    token: { command: [...lab.token_command] },
    partition: 'debug',
  },
  'slurm-ssh': {
    host: lab.ssh_host,
    port: lab.ssh_port,
    user: lab.ssh_user,
    private_key_file: lab.ssh_key_file,
    host_key: lab.ssh_host_key,
    partition: 'debug',
  },
};

const opened: { readonly backend: HpcBackend }[] = [];
const bases: string[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ backend }) => backend.close()));
});
afterAll(() => bases.forEach((base) => rmSync(base, { recursive: true, force: true })));

/** As the jobs' user: whoever runs the tests, the jobs write here. */
function ownDirectory(path: string): string {
  mkdirSync(path, { recursive: true });
  chownSync(path, uid, gid);
  return path;
}

let sites = 0;

function openSite(name: 'slurm-rest' | 'slurm-ssh'): Promise<ContractSite> {
  const base = mkdtempSync(join(lab.base_paths[name === 'slurm-rest' ? 'rest' : 'ssh'], 'contract-'));
  ownDirectory(base);
  bases.push(base);
  const open = (): HpcBackend => {
    const location = { name: 'lab', backend: name, backendConfig: CONFIGS[name], basePath: base };
    const backend = createBackend(location, { startsJobs: true });
    opened.push({ backend });
    return backend;
  };
  sites += 1;
  return Promise.resolve({
    backend: open(),
    // Of this process and this test alone: the cluster remembers what earlier ones ran.
    installation: `c${process.pid.toString(36)}${Date.now().toString(36).slice(-5)}${sites}`,
    reopen: open,
    job: (token, plan = {}) => Promise.resolve(jobIn(base, token, plan)),
    release: (token) => Promise.resolve(writeFileSync(join(base, token, 'release'), '')),
    executions: (token) => Promise.resolve(startsOf(join(base, token, 'starts'))),
  });
}

const startsOf = (tally: string): number =>
  existsSync(tally) ? readFileSync(tally, 'utf8').trim().split('\n').length : 0;

/** A script that takes a claim before it does anything, as ours do. */
function jobIn(base: string, token: JobToken, { exitCode = 0, isHeld = false }: ContractJob): JobSpec {
  const directory = ownDirectory(join(base, token));
  const spec: JobSpec = {
    token,
    label: 'contract/step',
    scriptPath: join(directory, 'job.sh'),
    directory,
    stdoutPath: join(directory, 'job.out'),
    stderrPath: join(directory, 'job.err'),
    resources: { cpus: 1, memoryMb: 100, walltimeMinutes: 5 },
  };
  const script = [
    '#!/bin/sh',
    `cd '${directory}' && mkdir claim || exit 113`,
    'echo run >>starts',
    isHeld ? 'while [ ! -e release ]; do sleep 0.1; done' : ':',
    `exit ${exitCode}`,
    '',
  ];
  writeFileSync(spec.scriptPath, script.join('\n'), { mode: 0o755 });
  return spec;
}

for (const name of ['slurm-rest', 'slurm-ssh'] as const) {
  hpcBackendContract(`${name} on Slurm ${lab.slurm_version}`, () => openSite(name));
}
