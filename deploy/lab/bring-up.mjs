import { answers, waitFor } from './commands.mjs';
import { writeCommands, writeFacts } from './facts.mjs';
import { buildImage } from './image/build-image.mjs';
import { removeLeftovers } from './leftovers.mjs';
import { prepareState } from './prepare-state.mjs';
import { describeService, serviceNames, slurm, startService } from './services.mjs';
import { OTHER_USER, TEST_USER, clusterName } from './settings.mjs';

const ACCOUNTS = ['survey', 'calib'];

/** Starts what is down, in the order in which the daemons need each other, and leaves the lab's facts. */
export async function bringUp(lab, say) {
  await checkPorts(lab);
  if (serviceNames(lab).every((name) => describeService(lab, name).state === 'down'))
    await removeLeftovers(lab);
  await prepareState(lab);
  writeCommands(lab);
  const image = buildImage(lab, say);
  image.catch(() => {}); // Awaited below; until then a failure must not end the process.
  await Promise.all(['munge', 'sshd'].map((name) => startService(lab, name)));
  if (lab.settings.accounting) {
    await startService(lab, 'mariadb');
    await startService(lab, 'slurmdbd');
    await makeAccounts(lab);
  }
  const nodes = serviceNames(lab).filter((name) => name.startsWith('slurmd:'));
  await Promise.all(['slurmctld', ...nodes].map((name) => startService(lab, name)));
  await Promise.all([startService(lab, 'slurmrestd'), waitForNodes(lab)]);
  await image;
  await writeFacts(lab, await findVersions(lab));
}

// Said before anything is started, since a daemon that cannot listen says so only in its log.
async function checkPorts(lab) {
  for (const name of serviceNames(lab)) {
    const { state, port } = describeService(lab, name);
    if (state === 'down' && port !== null && (await answers(port)))
      throw new Error(`Port ${port}, meant for ${name}, is in use. Choose others with --port-base.`);
  }
}

async function makeAccounts(lab) {
  const manage = (...args) => slurm(lab, 'sacctmgr', ['-i', ...args]);
  const cluster = clusterName(lab.settings);
  const clusters = await slurm(lab, 'sacctmgr', ['-nP', 'show', 'cluster', 'format=cluster']);
  if (!clusters.split('\n').includes(cluster)) await manage('add', 'cluster', cluster);
  const users = await slurm(lab, 'sacctmgr', ['-nP', 'show', 'associations', 'format=account,user']);
  if (users.split('\n').includes(`${ACCOUNTS.at(-1)}|${OTHER_USER}`)) return;
  for (const account of ACCOUNTS) {
    await manage('add', 'account', account, `Description=${account}`, 'Organization=lab');
    await manage(
      'add',
      'user',
      `root,${TEST_USER},${OTHER_USER}`,
      `account=${account}`,
      `defaultaccount=${ACCOUNTS[0]}`,
    );
  }
}

// What sinfo calls a node that takes no jobs; a star is one that has not answered yet.
const UNFIT = /^(down|drain|drng|fail|unk|inval|err|boot)|\*$/;

async function waitForNodes(lab) {
  await waitFor('the nodes to be ready', 20, async () => {
    const lines = (await slurm(lab, 'sinfo', ['-h', '-N', '-p', 'debug', '-o', '%N %t'])).trim().split('\n');
    const unfit = lines.map((line) => line.split(' ')).filter(([, state]) => UNFIT.test(state));
    // Nodes that somebody took down come back only when told to.
    const down = unfit
      .filter(([, state]) => /^(down|drain|drng|fail)[^*]*$/.test(state))
      .map(([name]) => name);
    if (down.length > 0)
      await slurm(lab, 'scontrol', ['update', `nodename=${down.join(',')}`, 'state=resume']);
    return lines.length === lab.settings.nodes && unfit.length === 0;
  });
}

async function findVersions(lab) {
  const said = await slurm(lab, 'sinfo', ['--version']);
  return { slurm: said.trim().split(' ').at(-1), restApi: await restVersions(lab) };
}

// From the document that the daemon serves, because every release of Slurm drops versions and brings new ones.
async function restVersions(lab) {
  const token = (await slurm(lab, 'scontrol', ['token', 'lifespan=60'])).trim().replace('SLURM_JWT=', '');
  const port = describeService(lab, 'slurmrestd').port;
  const answer = await fetch(`http://127.0.0.1:${port}/openapi/v3`, {
    headers: { 'X-SLURM-USER-NAME': 'root', 'X-SLURM-USER-TOKEN': token },
  });
  if (!answer.ok) throw new Error(`slurmrestd answers ${answer.status} when asked for its versions.`);
  const { paths } = await answer.json();
  const found = Object.keys(paths).map((path) => /^\/slurm\/(v[\d.]+)\//.exec(path)?.[1]);
  return [...new Set(found.filter(Boolean))].sort();
}
