#!/usr/bin/env node
import { parseArgs } from 'node:util';
import * as lab from '../deploy/lab/index.mjs';

const USAGE = `npm run lab -- up      starts the lab, installing what is missing
                down    ends its jobs and daemons; the state stays
                wipe    the same, and removes the state
                status  what is up
                start | stop | restart | pause | resume SERVICE
                        munge, sshd, mariadb, slurmdbd, slurmctld, slurmrestd or slurmd:n1

  --state DIR           the lab's directory (${lab.DEFAULT_STATE_DIRECTORY}, or MERIDIAN_LAB)
  --json                print what a program can read
of up, remembered until changed:
  --slurm VERSION       ${lab.SLURM_VERSIONS.join(', ')}
  --[no-]accounting     with or without slurmdbd and its database
  --cgroup auto|none    memory limits by control groups where the kernel has them
  --min-job-age N       seconds for which slurmctld remembers an ended job
  --nodes N --cpus N --memory-mb N
  --port-base P         the first of a hundred ports; every lab needs its own`;

const NUMBERS = {
  'min-job-age': 'minJobAge',
  nodes: 'nodes',
  cpus: 'cpus',
  'memory-mb': 'memoryMb',
  'port-base': 'portBase',
};
const FAULTS = {
  start: lab.startService,
  stop: lab.stopService,
  restart: lab.restartService,
  pause: lab.pauseService,
  resume: lab.resumeService,
};
const FAILED = 1;
const MISUSED = 2;
const NOT_UP = 3;

class UsageError extends Error {}

const say = (text) => process.stderr.write(`${text} …\n`);

function readCommandLine() {
  const options = {
    state: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  };
  for (const name of ['slurm', 'cgroup', ...Object.keys(NUMBERS)]) options[name] = { type: 'string' };
  options.accounting = { type: 'boolean' };
  options['no-accounting'] = { type: 'boolean' };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const given = {};
  for (const name of ['slurm', 'cgroup']) if (values[name] !== undefined) given[name] = values[name];
  for (const [name, key] of Object.entries(NUMBERS))
    if (values[name] !== undefined) given[key] = Number(values[name]);
  if (values.accounting) given.accounting = true;
  if (values['no-accounting']) given.accounting = false;
  const [command, service, ...rest] = positionals;
  const stateDirectory = values.state ?? process.env.MERIDIAN_LAB ?? lab.DEFAULT_STATE_DIRECTORY;
  return {
    command,
    service,
    rest,
    given,
    stateDirectory,
    json: values.json === true,
    help: values.help === true,
  };
}

async function doUp({ stateDirectory, given, json }) {
  const facts = await lab.up({ stateDirectory, given, say });
  if (json) return print(facts);
  const what = `Slurm ${facts.slurm_version}${facts.has_accounting ? '' : ' without accounting'}`;
  print(
    facts.already
      ? `The lab (${what}) is up already: ${stateDirectory}/lab.json says where.`
      : `The lab (${what}) is up after ${facts.seconds.toFixed(1)} s: ${stateDirectory}/lab.json says where.`,
  );
}

async function doStatus({ stateDirectory, json }) {
  const found = await lab.status({ stateDirectory });
  if (found.state !== 'up') process.exitCode = NOT_UP;
  if (json) return print(found);
  const { settings, nodes } = found;
  print(`Lab at ${found.state_directory}: ${found.state}, Slurm ${settings.slurm}`);
  print(
    found.memory_limits === 'polling'
      ? 'Memory limits: by polling; a job over its memory ends as FAILED, signal 9'
      : `Memory limits: ${found.memory_limits}; a job over its memory ends as OUT_OF_MEMORY`,
  );
  print(`Accounting: ${settings.accounting ? 'yes' : 'no'}`);
  for (const { name, state, pid, port } of found.services)
    print(
      `  ${name.padEnd(12)} ${state.padEnd(7)} ${pid === null ? '' : `pid ${pid}`}${port === null ? '' : `  port ${port}`}`,
    );
  if (nodes !== null)
    print(
      `Nodes: ${Object.entries(nodes)
        .map(([node, state]) => `${node} ${state}`)
        .join(', ')}`,
    );
}

async function doFault({ command, service, stateDirectory, json }) {
  const opened = lab.openLab(stateDirectory);
  const started = Date.now();
  await FAULTS[command](opened, service);
  const found = { ...lab.describeService(opened, service), seconds: (Date.now() - started) / 1000 };
  print(json ? found : `${service} is ${found.state} after ${found.seconds.toFixed(1)} s`);
}

async function doDown({ stateDirectory, json }) {
  const was = await lab.down({ stateDirectory });
  print(
    json
      ? { state: was ? 'down' : 'absent' }
      : was
        ? 'The lab is down.'
        : `There is no lab at ${stateDirectory}.`,
  );
}

async function doWipe({ stateDirectory, json }) {
  const was = await lab.wipe({ stateDirectory });
  print(json ? { state: 'absent' } : was ? 'The lab is gone.' : `There is no lab at ${stateDirectory}.`);
}

const COMMANDS = { up: doUp, down: doDown, status: doStatus, wipe: doWipe };

const print = (what) => console.log(typeof what === 'string' ? what : JSON.stringify(what));

async function main() {
  const asked = readCommandLine();
  const { command } = asked;
  if (asked.help) return print(USAGE);
  const wantsService = Object.hasOwn(FAULTS, command ?? '');
  const isKnown = wantsService || Object.hasOwn(COMMANDS, command ?? '');
  if (!isKnown || (asked.service !== undefined) !== wantsService || asked.rest.length > 0)
    throw new UsageError(USAGE);
  const missing = lab.whatIsMissing();
  if (missing !== null && command !== 'status') throw new Error(missing);
  return wantsService ? doFault(asked) : COMMANDS[command](asked);
}

main().catch((error) => {
  console.error(error.message);
  const isMisuse = error instanceof UsageError || error.code?.startsWith('ERR_PARSE_ARGS');
  process.exitCode = isMisuse ? MISUSED : FAILED;
});
