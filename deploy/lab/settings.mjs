import { join, resolve } from 'node:path';

export const SLURM_VERSIONS = ['22.05', '24.11', '26.05'];
export const DEFAULT_STATE_DIRECTORY = '/var/lib/meridian-lab';
/** The user whose jobs these are, and another one to be refused things. */
export const TEST_USER = 'meridian-lab';
export const OTHER_USER = 'meridian-other';
export const PARTITIONS = ['debug', 'batch', 'small'];
/** Everything that labs share on one machine: newer Slurm versions, built images. */
export const CACHE_DIRECTORY = '/opt/meridian-lab';

export const DEFAULT_SETTINGS = {
  slurm: '22.05',
  accounting: true,
  cgroup: 'auto',
  minJobAge: 300,
  nodes: 4,
  cpus: 4,
  memoryMb: 8000,
  portBase: 16800,
};

const FIRST_NODE_PORT = 10;
const MAX_NODES = 80;

/** The ports of a lab, all from its base: two labs live side by side when their bases are 100 apart. */
export function portsOf({ portBase, nodes }) {
  return {
    slurmctld: portBase,
    slurmdbd: portBase + 1,
    slurmrestd: portBase + 2,
    mariadb: portBase + 3,
    sshd: portBase + 4,
    firstNode: portBase + FIRST_NODE_PORT,
    lastNode: portBase + FIRST_NODE_PORT + nodes - 1,
  };
}

/**
 * The id of a lab's first job: no two labs of a machine count through the same ids.
 *
 * Their virtual nodes bear the same names, and Slurm names control groups by node, user and job id alone.
 */
export const firstJobId = ({ portBase }) =>
  portBase === DEFAULT_SETTINGS.portBase ? 1 : Math.floor(portBase / 10) * 10_000 + 1;
export const JOB_IDS_PER_LAB = 100_000;

export const clusterName = ({ portBase }) =>
  portBase === DEFAULT_SETTINGS.portBase ? 'lab' : `lab${portBase}`;

// Sockets lie below the state directory, and the kernel takes 107 bytes for the path of one.
const LONGEST_STATE_PATH = 60;

/** Where everything of the lab with this state directory is. @throws Error for a path that Slurm cannot work with. */
export function layoutOf(stateDirectory) {
  const state = resolve(stateDirectory);
  if (state.length > LONGEST_STATE_PATH || !/^(\/[\w.-]+)+$/.test(state))
    throw new Error(
      `${state} cannot be a state directory: it takes letters, digits, ".", "_" and "-", at most ${LONGEST_STATE_PATH} of all.`,
    );
  return {
    state,
    settings: join(state, 'settings.json'),
    facts: join(state, 'lab.json'),
    locations: join(state, 'locations.yaml'),
    token: join(state, 'token'),
    bin: join(state, 'bin'),
    etc: join(state, 'etc'),
    slurmConf: join(state, 'etc', 'slurm.conf'),
    jwtKey: join(state, 'etc', 'jwt_hs256.key'),
    databasePassword: join(state, 'etc', 'database.password'),
    log: join(state, 'log'),
    run: join(state, 'run'),
    slurm: join(state, 'slurm'),
    spool: join(state, 'spool'),
    munge: join(state, 'munge'),
    mungeSocket: join(state, 'munge', 'munge.socket'),
    mariadb: join(state, 'mariadb'),
    ssh: join(state, 'ssh'),
    jobs: join(state, 'jobs'),
    images: join(state, 'images'),
    image: join(state, 'images', 'meridian-lab.sif'),
  };
}

/** @throws Error in words for whoever typed the settings. */
export function checkSettings(settings) {
  if (!SLURM_VERSIONS.includes(settings.slurm))
    throw new Error(`There is no Slurm ${settings.slurm} here; choose one of ${SLURM_VERSIONS.join(', ')}.`);
  if (!['auto', 'none'].includes(settings.cgroup)) throw new Error('--cgroup is auto or none.');
  const range = (name, value, least, most) => {
    if (!Number.isInteger(value) || value < least || value > most)
      throw new Error(`${name} is a whole number from ${least} to ${most}.`);
  };
  range('--min-job-age', settings.minJobAge, 2, 86_400);
  range('--nodes', settings.nodes, 1, MAX_NODES);
  range('--cpus', settings.cpus, 1, 1024);
  range('--memory-mb', settings.memoryMb, 100, 10_000_000);
  range('--port-base', settings.portBase, 1024, 32_000);
  return settings;
}
