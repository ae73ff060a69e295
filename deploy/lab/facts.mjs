import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './commands.mjs';
import { place } from './prepare-state.mjs';
import { OTHER_USER, TEST_USER, clusterName, portsOf } from './settings.mjs';

const COMMANDS = ['sbatch', 'squeue', 'sacct', 'scontrol', 'scancel', 'sinfo', 'srun', 'sacctmgr'];
const here = dirname(fileURLToPath(import.meta.url));

/** Leaves in the state directory what users and tests need to know: lab.json and locations.yaml. */
export async function writeFacts(lab, versions) {
  const { layout } = lab;
  const facts = await describe(lab, versions);
  place(layout.locations, locationsYaml(facts));
  // Last, since it is what others wait for.
  place(layout.facts, `${JSON.stringify(facts, null, 2)}\n`);
  return facts;
}

async function describe({ layout, settings, cgroup }, { slurm, restApi }) {
  const ports = portsOf(settings);
  const fingerprint = await run('ssh-keygen', ['-lf', join(layout.ssh, 'host_ed25519.pub')]);
  return {
    slurm_version: slurm,
    rest_url: `http://127.0.0.1:${ports.slurmrestd}`,
    rest_api_versions: restApi,
    ssh_host: '127.0.0.1',
    ssh_port: ports.sshd,
    ssh_user: TEST_USER,
    ssh_key_file: join(layout.ssh, 'id_ed25519'),
    ssh_host_key: fingerprint.split(' ')[1],
    cluster: clusterName(settings),
    slurm_conf: layout.slurmConf,
    user: TEST_USER,
    other_user: OTHER_USER,
    other_ssh_key_file: join(layout.ssh, 'id_other_ed25519'),
    base_path: layout.jobs,
    base_paths: { rest: join(layout.jobs, 'rest'), ssh: join(layout.jobs, 'ssh') },
    jwt_key: layout.jwtKey,
    token_command: [layout.token],
    has_accounting: settings.accounting,
    has_cgroup: cgroup !== 'none',
    nodes: Array.from({ length: settings.nodes }, (_, index) => `n${index + 1}`),
    image: layout.image,
    bin: layout.bin,
    ports,
  };
}

/** Leaves this lab's Slurm commands in bin/, and `token`. */
export function writeCommands({ layout, inside }) {
  place(join(layout.bin, 'enter-root'), readFileSync(join(here, 'enter-root.sh')), { mode: 0o755 });
  for (const command of COMMANDS) {
    // By its path: with bin/ in front of PATH it would find itself, for ever.
    const line = [...inside, `/usr/bin/${command}`].join(' ');
    const script = `#!/bin/sh\nSLURM_CONF=${layout.slurmConf} exec ${line} "$@"\n`;
    place(join(layout.bin, command), script, { mode: 0o755 });
  }
  // Theirs by group, not as owner: the user may run it, not change it.
  place(layout.token, tokenScript(layout), { group: TEST_USER, mode: 0o750 });
}

// Asked of slurmctld, which gives a user tokens of their own and root those of anybody, so that the key stays a secret.
const tokenScript = ({ bin }) => `#!/bin/sh
# token [SECONDS [USER]]: prints a fresh JWT, for ${TEST_USER} and ten minutes unless told otherwise. Only root names users.
set -e
if [ "$(id -u)" -eq 0 ]; then set -- "\${1:-600}" "username=\${2:-${TEST_USER}}"; else set -- "\${1:-600}"; fi
seconds=$1; shift
token=$(${bin}/scontrol token lifespan="$seconds" "$@")
echo "\${token#SLURM_JWT=}"
`;

const locationsYaml = (facts) => `# Two processing locations on the lab: \`meridian apply\` this file.
locations:
  - name: lab-rest
    kind: PROCESSING
    base_path: ${facts.base_paths.rest}
    backend: slurm-rest
    runtime: apptainer
    backend_config:
      url: ${facts.rest_url}
      user: ${facts.user}
      token:
        command: ${JSON.stringify(facts.token_command)}
      partition: debug
  - name: lab-ssh
    kind: PROCESSING
    base_path: ${facts.base_paths.ssh}
    backend: slurm-ssh
    runtime: apptainer
    backend_config:
      host: ${facts.ssh_host}
      port: ${facts.ssh_port}
      user: ${facts.ssh_user}
      private_key_file: ${facts.ssh_key_file}
      host_key: "${facts.ssh_host_key}"
      partition: debug
`;
