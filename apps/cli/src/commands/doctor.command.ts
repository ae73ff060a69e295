import { statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '@meridian/core';
import type { Command } from 'commander';
import type { Daemon, Location, Pipeline, PipelineDetail } from '../api/api-types.js';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { createHome } from '../supervisor/home.js';
import { postgresAccount } from '../supervisor/postgres-account.js';
import { postgresBinaries } from '../supervisor/postgres-binaries.js';
import { API, DAEMONS, programPath } from '../supervisor/programs.js';
import { runningSupervisor } from '../supervisor/supervisor-record.js';
import { formatBytes } from '../terminal/formats.js';
import { agreementInWords, DRIFT_ACTION, driftInWords } from './drift-in-words.js';

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly action: string;
}

type Check = (context: CommandContext) => Promise<string> | string;

/** Each gives back what it found, or throws what is wrong and what to do about it. */
const CHECKS: Readonly<Record<string, Check>> = {
  Node: () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    if (major > 20 || (major === 20 && minor >= 19)) return process.version;
    throw wrong(`${process.version} is too old`, 'Install Node 20.19 or newer.');
  },
  programs: () => {
    for (const app of [API, ...DAEMONS]) programPath(app, 'main');
    return 'built';
  },
  'state directory': ({ home }) => {
    createHome(home);
    const { bavail, bsize } = statfsSync(home.path);
    const free = bavail * bsize;
    if (free > 1e9) return `${home.path}, ${formatBytes(free)} free`;
    throw wrong(
      `only ${formatBytes(free)} are free at ${home.path}`,
      'Make room, or choose another place with --home.',
    );
  },
  database: ({ env }) => {
    if (env['DATABASE_URL'] !== undefined) return 'yours (DATABASE_URL)';
    return `embedded (${dirname(dirname(postgresBinaries(postgresAccount()).postgres))})`;
  },
  supervisor: ({ home }) => {
    const running = runningSupervisor(home);
    if (running !== null) return `process ${running.pid}, ${running.state}, since ${running.since}`;
    throw wrong(
      'not running',
      `Start it with "meridian up"; logs of earlier runs are in ${join(home.path, 'logs')}.`,
    );
  },
  API: async ({ connect }) => {
    const client = connect();
    await client.get('/pipelines', { limit: 1 });
    return client.url;
  },
  daemons: async ({ connect }) => {
    const { items } = await connect().get<{ readonly items: readonly Daemon[] }>('/daemons');
    const dead = DAEMONS.filter(
      (name) => !items.some((daemon) => daemon.daemon === name && daemon.state === 'alive'),
    );
    if (dead.length === 0) return `${DAEMONS.length} alive`;
    throw wrong(`no living ${dead.join(', ')}`, 'Read their logs; "meridian up" restarts what ends.');
  },
  gaps: async ({ connect }) => {
    const client = connect();
    const { items } = await client.get<{ readonly items: readonly Pipeline[] }>('/pipelines', {
      limit: 1000,
    });
    const drifted = items.filter(({ drift_count }) => drift_count > 0);
    if (drifted.length === 0) return agreementInWords(items, new Date());
    const details = drifted.map(({ name }) =>
      client.get<PipelineDetail>(`/pipelines/${encodeURIComponent(name)}`),
    );
    throw wrong(driftInWords(await Promise.all(details)), DRIFT_ACTION);
  },
};

const wrong = (message: string, action: string): CliError =>
  new CliError({ message, action, exitCode: EXIT_CODES.other });

export function addDoctorCommand(program: Command, run: Runner): void {
  program
    .command('doctor')
    .description('Check this machine and the running system, and say what to do about what is wrong')
    .addHelpText('after', examples('doctor', 'doctor --json'))
    .action((_options: unknown, command: Command) => run(command, doctor));
}

async function doctor(context: CommandContext): Promise<ExitCode> {
  const findings: Finding[] = [];
  for (const [name, check] of Object.entries(CHECKS)) findings.push(await findingOf(name, check, context));
  findings.push(...(await locationFindings(context)));
  if (context.json) printJson(context, findings);
  else for (const finding of findings) printFinding(context, finding);
  return findings.every((finding) => finding.ok) ? EXIT_CODES.ok : EXIT_CODES.failed;
}

/** What the workflow-manager found at each place where jobs run; nothing when the API, whose finding says so, is away. */
async function locationFindings({ connect }: CommandContext): Promise<Finding[]> {
  try {
    const { items } = await connect().get<{ readonly items: readonly Location[] }>('/locations', {
      limit: 1000,
    });
    return items.filter(({ kind }) => kind === 'PROCESSING').flatMap(findingsAt);
  } catch {
    return [];
  }
}

const findingsAt = (location: Location): Finding[] => [
  findingAt(location),
  ...location.health.image_problems.map((detail) => ({
    check: `image at ${location.name}`,
    ok: false,
    detail,
    action: 'Runs that need it wait until it is there again.',
  })),
];

function findingAt({ name, backend, health }: Location): Finding {
  const check = `location ${name}`;
  if (health.state === 'healthy') {
    const { version } = health.details;
    return {
      check,
      ok: true,
      detail: `${backend ?? ''} ${typeof version === 'string' ? version : ''}`.trim(),
      action: '',
    };
  }
  if (health.state === 'unhealthy')
    return { check, ok: false, detail: health.message ?? '', action: health.action ?? '' };
  return {
    check,
    ok: false,
    detail: 'nobody has looked at it yet',
    action: 'The workflow-manager does within seconds when it runs; ask again.',
  };
}

async function findingOf(check: string, ask: Check, context: CommandContext): Promise<Finding> {
  try {
    return { check, ok: true, detail: await ask(context), action: '' };
  } catch (error) {
    return {
      check,
      ok: false,
      detail: messageOf(error),
      action: error instanceof CliError ? error.action : '',
    };
  }
}

function printFinding({ terminal }: CommandContext, { check, ok, detail, action }: Finding): void {
  const { colors } = terminal;
  terminal.print(`${ok ? colors.green('ok   ') : colors.red('wrong')}  ${check.padEnd(16)} ${detail}`);
  if (!ok && action !== '') terminal.print(`       ${' '.repeat(16)} ${colors.dim(action)}`);
}
