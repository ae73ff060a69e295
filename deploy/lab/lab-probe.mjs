import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run, waitFor } from './commands.mjs';

/* How the lab's own tests look at a lab from outside. */

const ENDED = /^(COMPLETED|FAILED|OUT_OF_MEMORY|TIMEOUT|CANCELLED|NODE_FAIL)/;

/** Talks to a lab as its test user does, over ssh. */
export function remoteOf(facts) {
  const options = [
    'UserKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=no',
    'LogLevel=ERROR',
    'BatchMode=yes',
  ];
  const remote = (command, { user = facts.user, key = facts.ssh_key_file, input = '' } = {}) => {
    const args = [...options.flatMap((option) => ['-o', option]), '-i', key, '-p', facts.ssh_port];
    return run('ssh', [...args, `${user}@127.0.0.1`, command], { input });
  };
  const submit = async (script, options = '') => {
    const command = `cd ${facts.base_paths.ssh} && sbatch --parsable ${options}`;
    return (await remote(command, { input: `#!/bin/bash\n${script}\n` })).trim();
  };
  const jobOf = async (id) => {
    const text = await remote(`scontrol -o show job ${id}`);
    const field = (name) => new RegExp(`\\b${name}=(\\S+)`).exec(text)?.[1];
    return { state: field('JobState'), exitCode: field('ExitCode'), node: field('NodeList') };
  };
  const endOf = (id) =>
    waitFor(`job ${id} to end`, 60, async () => {
      const job = await jobOf(id);
      return ENDED.test(job.state) && job;
    });
  const outputOf = (id) => readFileSync(join(facts.base_paths.ssh, `slurm-${id}.out`), 'utf8');
  return { remote, submit, jobOf, endOf, outputOf };
}

/** The processes that have a text in their command line or environment; of tests themselves, none. */
export const processesNaming = (text) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const said = ['cmdline', 'environ']
          .map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8'))
          .join('\0');
        return said.includes(text) && !said.includes('lab.test.mjs');
      } catch {
        return false;
      }
    });

export function cgroupsOfJob(id) {
  const found = execFileSync('find', ['/sys/fs/cgroup', '-name', `job_${id}`], { encoding: 'utf8' });
  return found.split('\n').filter(Boolean);
}
