import { chmod, chown, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '@meridian/core/testing';
import type { LabSite } from '@meridian/hpc/testing/lab';
import { startDatabaseServer } from '../fake/database-server.js';
import { SmallDisk } from '../fake/small-disk.js';
import { Ledger } from '../ledger.js';
import type { FaultRunOptions, WorldReport } from '../report.js';
import { Tally } from '../tally.js';
import { ArmedFaults, type SiteProxy } from './armed-faults.js';
import { canJumpClocks, DaemonFleet } from './daemon-fleet.js';
import type { LabParts } from './injector.js';
import { checkLabBooks } from './lab-books.js';
import { LabChaos } from './lab-chaos.js';
import { LabCluster } from './lab-cluster.js';
import { LabDatabase } from './lab-database.js';
import { ingestOne, PRODUCT, writePipeline } from './lab-pipeline.js';
import { MeridianApi, type Input } from './meridian-api.js';
import { startRestProxy } from './rest-proxy.js';
import { startSshProxy } from './ssh-proxy.js';

const SECOND = 1_000;
/** The first of a hundred ports that a cluster takes; the last ten of them are the harness's. */
const PORT_BASES = { 'lab-rest': 19_700, 'lab-ssh': 19_800 } as const;
/** New inputs come while fewer than this are in work, or wait for somebody to see them. */
const OPEN_RUNS = 14;
const INPUT_EVERY_MS = 700;
/** Room for everything that an hour of runs leaves, and still filled in a moment. */
const DISK_MB = 256;
const QUIET_SECONDS = 420;
/** Quiet is what was quiet at so many looks in a row. */
const QUIET_LOOKS = 3;
/** The same for every process of Meridian; most are as short as they may be, so that minutes hold many of each. */
const SETTINGS = {
  MERIDIAN_POLL_INTERVAL_MS: '500',
  MERIDIAN_HEARTBEAT_INTERVAL_MS: '2000',
  MERIDIAN_LEASE_SECONDS: '6',
  MERIDIAN_TRIGGER_FULL_EVALUATION_SECONDS: '30',
  MERIDIAN_WORKFLOW_BATCH_SIZE: '8',
  MERIDIAN_WORKFLOW_WAIT_SECONDS: '2',
  MERIDIAN_WORKFLOW_HEALTH_SECONDS: '3',
  MERIDIAN_WORKFLOW_SUBMISSION_GRACE_SECONDS: '5',
  MERIDIAN_WORKFLOW_CANCEL_AGAIN_SECONDS: '3',
  MERIDIAN_JOB_HEARTBEAT_SECONDS: '2',
  // Failures come in swarms here, and a step that is paused for them would only make the wait longer.
  MERIDIAN_BREAKER_FAILURES: '1001',
  MERIDIAN_RESULT_HASH_POLICY: 'full',
  MERIDIAN_RESULT_RECORD_GRACE_SECONDS: '5',
  MERIDIAN_RESULT_UNKNOWN_AFTER_SECONDS: '10',
  MERIDIAN_RESULT_FORGOTTEN_AFTER_SECONDS: '10',
  // Longer than accounting is ever away here: a waiting task that is cancelled behind our back leaves no other trace.
  MERIDIAN_RESULT_LOST_AFTER_SECONDS: '60',
} as const;

interface Scene extends LabParts {
  readonly home: string;
  readonly tally: Tally;
  readonly options: FaultRunOptions;
}

/** Whole processes over a whole cluster: a stream of work, faults into it, and the books when all is quiet again. */
export async function labWorld(site: LabSite, options: FaultRunOptions): Promise<WorldReport> {
  const ledger = new Ledger(() => new Date());
  const random = Random.of(options.seed, 1);
  const undo: (() => Promise<unknown>)[] = [];
  const later = (act: () => Promise<unknown>): number => undo.unshift(act);
  if (!canJumpClocks()) ledger.note('no clock is jumped: this machine has no libfaketime');
  try {
    const scene = await setUp({ site, options, ledger, random }, later);
    const inputs = await live(scene);
    const violations = await judge(scene, inputs);
    if (violations.length > 0) await keepEvidence(scene, undo);
    return { number: 1, ledger, violations };
  } finally {
    for (const act of undo) await act().catch((error: unknown) => console.error(error));
  }
}

type Beginning = Pick<LabParts, 'site' | 'random' | 'ledger'> & { readonly options: FaultRunOptions };

async function setUp(beginning: Beginning, later: (act: () => Promise<unknown>) => void): Promise<Scene> {
  const { site, random, ledger } = beginning;
  const portBase = PORT_BASES[site];
  const minJobAge = random.pick([10, 300]);
  const cluster = await LabCluster.up(`/tmp/lab-faults-${site}`, { portBase, minJobAge });
  later(cluster.wipe);
  ledger.note(`the queue forgets after ${minJobAge} s`);
  const home = await mkdtemp(join(tmpdir(), `meridian-faults-${site}-`));
  later(() => rm(home, { recursive: true, force: true }));
  await chmod(home, 0o755);
  const { user } = cluster;
  const disk = await SmallDisk.mount(join(home, 'base'), DISK_MB);
  later(() => disk.unmount());
  const tally = new Tally(join(home, 'tally'));
  await tally.create();
  const logDirectory = join(home, 'logs');
  await mkdir(logDirectory);
  for (const path of [disk.path, tally.path, logDirectory]) await chown(path, user.uid, user.gid);
  const server = await startDatabaseServer();
  later(() => server.stop());
  const database = await LabDatabase.open(server);
  later(database.close);
  const armed = new ArmedFaults(ledger);
  const proxy = await startProxy(site, cluster, { armed, port: portBase + 90 });
  later(() => proxy.close());
  const apiPort = portBase + 91;
  const settings = { ...SETTINGS, DATABASE_URL: database.url, MERIDIAN_API_PORT: String(apiPort) };
  const fleet = new DaemonFleet({ user, settings, logDirectory, ledger });
  fleet.start();
  later(() => fleet.stop());
  const api = await MeridianApi.open(database.url, apiPort);
  const file = await writePipeline({
    ...{ site, cluster, home },
    ...{ proxyPort: proxy.port, base: disk.path, tally: tally.path },
  });
  await api.apply(file);
  return { ...beginning, cluster, database, disk, fleet, api, armed, home, tally };
}

const startProxy = (
  site: LabSite,
  { facts }: LabCluster,
  { armed, port }: { armed: ArmedFaults; port: number },
): Promise<SiteProxy> =>
  site === 'lab-rest'
    ? startRestProxy(armed, { port, target: facts.rest_url })
    : startSshProxy(armed, { port, target: facts.ssh_port });

async function live(scene: Scene): Promise<Input[]> {
  const { options, ledger } = scene;
  const inputs: Input[] = [];
  const chaos = new LabChaos(scene);
  let isRaging = true;
  const stream = (async () => {
    const random = Random.of(options.seed, 2);
    while (isRaging) {
      if (inputs.length - (await scene.database.finished()) < OPEN_RUNS)
        inputs.push(await ingestOne(scene.api, random, { home: scene.home, number: inputs.length + 1 }));
      await sleep(INPUT_EVERY_MS);
      if (inputs.length % 10 === 0) await hastenRequeued(scene);
    }
  })();
  await chaos
    .rage(options.count, () => options.onProgress({ world: 1, worlds: 1, faults: ledger.total }))
    .finally(() => (isRaging = false));
  await chaos.calm();
  await stream;
  await quiet(scene);
  ledger.note(`${inputs.length} inputs`);
  return inputs;
}

/** Slurm lets a requeued job wait for two minutes, which nobody here has. */
async function hastenRequeued({ cluster }: Scene): Promise<void> {
  const jobs = await cluster.queue().catch(() => []);
  for (const { id, reason } of jobs)
    if (reason === 'BeginTime')
      await cluster.slurm('scontrol', 'update', `job=${id}`, 'starttime=now').catch(() => undefined);
}

/** Waits until Meridian has nothing to do and Slurm no job of it; what takes too long is for the books to find. */
async function quiet(scene: Scene): Promise<void> {
  const giveUpAt = Date.now() + QUIET_SECONDS * SECOND;
  for (let looks = 0; looks < QUIET_LOOKS && Date.now() < giveUpAt;) {
    await hastenRequeued(scene);
    await sleep(2 * SECOND);
    const jobs = await scene.cluster.queue();
    looks = jobs.length === 0 && (await scene.database.unfinished()) === 0 ? looks + 1 : 0;
  }
  scene.ledger.note('quiet');
}

const judge = async (scene: Scene, inputs: readonly Input[]) => {
  const { cluster, ledger, tally, database } = scene;
  const witnesses = {
    executions: await tally.read(),
    excuses: ledger.excuses,
    submissions: await cluster.submissions(),
    maybeSubmittedTwice: ledger.maybeSubmittedTwice,
    expectedPaths: [PRODUCT],
    outdated: new Set<number>(),
  };
  const violations = await checkLabBooks(database.manager, witnesses, { inputs, cluster, log: ledger.lines });
  ledger.note(`${witnesses.executions.size} executions, ${witnesses.submissions.size} attempts submitted`);
  return violations;
};

/** What was found wrong is not cleaned away: the logs of all processes stay, with what was done to them. */
async function keepEvidence(
  { home, ledger, cluster, disk }: Scene,
  undo: (() => Promise<unknown>)[],
): Promise<void> {
  await writeFile(join(home, 'faults.log'), `${ledger.lines.join('\n')}\n`);
  const copies = [
    [join(cluster.directory, 'log'), 'slurm'],
    [disk.path, 'attempts'],
  ] as const;
  for (const [from, name] of copies)
    await cp(from, join(home, name), { recursive: true, verbatimSymlinks: true }).catch((error: unknown) =>
      console.error(`  not kept: ${from}: ${String(error)}`),
    );
  undo.splice(undo.length - 2, 1);
  console.error(`  kept: ${home}`);
}
