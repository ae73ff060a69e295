import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bringUp } from './bring-up.mjs';
import { usableCgroups } from './cgroups.mjs';
import { whatIsMissing } from './host.mjs';
import { prepareMachine } from './prepare-machine.mjs';
import { endJobs, removeLeftovers } from './leftovers.mjs';
import { withLock } from './lock.mjs';
import { place } from './prepare-state.mjs';
import { describeService, serviceNames, slurm, stopAllServices } from './services.mjs';
import { DEFAULT_SETTINGS, checkSettings, layoutOf } from './settings.mjs';

/*
 * A lab's life. `say` is told what takes long or surprises; nothing here prints by itself or ends the process.
 */

/** The lab of a state directory as it was last started. @throws Error when there is none. */
export function openLab(stateDirectory) {
  const layout = layoutOf(stateDirectory);
  if (!existsSync(layout.settings)) throw new Error(`There is no lab at ${layout.state}.`);
  return labOf(layout, JSON.parse(readFileSync(layout.settings, 'utf8')));
}

/** `root` is the Debian that the daemons see as /, or null for the machine's own; `cgroup` what limits jobs. */
function labOf(layout, { settings, root, cgroup }) {
  const inside = root === null ? [] : [join(layout.bin, 'enter-root'), root, layout.state];
  return { layout, settings, root, cgroup, inside, environment: { SLURM_CONF: layout.slurmConf } };
}

/**
 * Brings a lab up, installing what the machine lacks; resolves to its facts with `already` and `seconds` (without the
 * installation). A lab remembers its settings: `given` is what to change. What runs already stays as it is.
 *
 * @throws Error when the machine cannot have a lab, or a running one would have to change its settings.
 */
export async function up({ stateDirectory, given = {}, say = () => {} }) {
  const missing = whatIsMissing();
  if (missing !== null) throw new Error(missing);
  const layout = layoutOf(stateDirectory);
  mkdirSync(layout.run, { recursive: true });
  return withLock(join(layout.run, 'lock'), async () => {
    const known = existsSync(layout.settings) ? openLab(layout.state) : null;
    const settings = checkSettings({ ...DEFAULT_SETTINGS, ...known?.settings, ...given });
    if (known !== null) checkChange(known, settings);
    const { root } = await prepareMachine(settings, say);
    const started = Date.now();
    const cgroup = known !== null && isRunning(known) ? known.cgroup : usableCgroups(settings, root);
    const lab = labOf(layout, { settings, root, cgroup });
    const already = isUp(lab) && existsSync(layout.facts);
    if (!already) {
      place(layout.settings, `${JSON.stringify({ settings, root, cgroup }, null, 2)}\n`);
      await bringUp(lab, say);
    }
    const facts = JSON.parse(readFileSync(layout.facts, 'utf8'));
    return { ...facts, already, seconds: (Date.now() - started) / 1000 };
  });
}

function checkChange(known, settings) {
  const changed = Object.keys(DEFAULT_SETTINGS).filter((key) => known.settings[key] !== settings[key]);
  if (changed.length === 0) return;
  if (isRunning(known))
    throw new Error(`The lab is up with another ${changed.join(', ')}; take it down first.`);
  if (changed.includes('slurm'))
    throw new Error(
      `This lab has kept its state with Slurm ${known.settings.slurm}, which ${settings.slurm} cannot read; wipe it first.`,
    );
}

const states = (lab) => serviceNames(lab).map((name) => describeService(lab, name));
const isUp = (lab) => states(lab).every(({ state }) => state === 'up');
const isRunning = (lab) => states(lab).some(({ state }) => state !== 'down');

/**
 * Ends jobs, daemons and everything they left, and resolves to whether there was a lab. The state stays; another `up`
 * goes on with it.
 */
export async function down({ stateDirectory }) {
  if (!existsSync(layoutOf(stateDirectory).settings)) return false;
  const lab = openLab(stateDirectory);
  await withLock(join(lab.layout.run, 'lock'), async () => {
    // First, so that nobody starts to use what is about to go.
    rmSync(lab.layout.facts, { force: true });
    await endJobs(lab);
    await stopAllServices(lab);
    await removeLeftovers(lab);
  });
  return true;
}

/** Takes a lab down and removes its state directory. Resolves to whether there was one. */
export async function wipe({ stateDirectory }) {
  if (!(await down({ stateDirectory }))) return false;
  rmSync(layoutOf(stateDirectory).state, { recursive: true, force: true });
  return true;
}

/** `{ state: 'up' | 'partly' | 'down', services, nodes, … }`. */
export async function status({ stateDirectory }) {
  const lab = openLab(stateDirectory);
  const services = states(lab);
  const isEverything = services.every(({ state }) => state === 'up');
  const controller = services.find(({ name }) => name === 'slurmctld');
  return {
    state: isEverything ? 'up' : isRunning(lab) ? 'partly' : 'down',
    state_directory: lab.layout.state,
    settings: lab.settings,
    memory_limits: lab.cgroup === 'none' ? 'polling' : `cgroup ${lab.cgroup}`,
    root: lab.root,
    services,
    nodes: controller.state === 'up' ? await nodeStates(lab) : null,
  };
}

async function nodeStates(lab) {
  try {
    const lines = (await slurm(lab, 'sinfo', ['-h', '-N', '-p', 'debug', '-o', '%N %T'])).trim().split('\n');
    return Object.fromEntries(lines.map((line) => line.split(' ')));
  } catch {
    return null;
  }
}
