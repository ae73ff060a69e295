import type { Command } from 'commander';
import type { ApiClient } from '../api/api-client.js';
import type { DefinitionChange } from '../api/api-types.js';
import { EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { printChanges } from '../commands/apply.command.js';
import { printSummary } from '../commands/ingest.command.js';
import { readDefinitions } from '../definitions/definitions-file.js';
import type { Definitions } from '../definitions/definitions-file.js';
import { findFitsFiles } from '../ingest/find-fits-files.js';
import type { FoundFiles } from '../ingest/find-fits-files.js';
import { ingestFiles, noFilesIn } from '../ingest/ingest-directory.js';
import type { FailedFile } from '../ingest/ingest-directory.js';
import { join } from 'node:path';
import { createHome } from '../supervisor/home.js';
import { runningSupervisor } from '../supervisor/supervisor-record.js';
import { ProgressDisplay } from '../terminal/progress.js';
import { quietTerminal } from '../terminal/terminal.js';
import { checkRendered, datasetFor, exampleFile } from './dataset-files.js';
import type { Dataset } from './dataset-files.js';
import { demoDefinitions, pipelineNameOf } from './demo-definitions.js';
import { LAB_DIRECTORY, labSite, localSite } from './demo-site.js';
import type { DemoSite } from './demo-site.js';
import { collectOutcome, summaryOf } from './outcome.js';
import { printOutcome } from './print-outcome.js';
import { interruptible, withRunningSystem } from './running-system.js';
import { parseSetting } from './settings.js';
import type { Setting } from './settings.js';
import { waitForPipeline } from './wait-for-pipeline.js';

interface DemoOptions {
  readonly input?: string;
  readonly site: string;
  readonly set: readonly Setting[];
}

export function addDemoCommand(program: Command, run: Runner): void {
  program
    .command('demo')
    .description('Reduce a directory of FITS images, or a rendered star field, from raw files to a mosaic')
    .option('--input <dir>', 'your own FITS files: overlapping exposures of one field')
    .option(
      '--site <name>',
      'where to compute: local, or lab-rest or lab-ssh of the one-machine cluster',
      'local',
    )
    .option(
      '--set <step.parameter=value>',
      'another value for a parameter of a step (repeatable)',
      collectSetting,
      [],
    )
    .addHelpText(
      'after',
      `${examples('demo', 'demo --input ~/data/m17', 'demo --input ~/data/m17 --set extract.detection_sigma=8', 'demo --site lab-rest', 'demo --json | tail -1')}

Starts Meridian for itself unless it runs already. A second run on the same files finds nothing to do; another
parameter makes exactly the results stale that depend on it.`,
    )
    .action((options: DemoOptions, command: Command) => run(command, (context) => demo(context, options)));
}

const collectSetting = (text: string, previous: readonly Setting[]): readonly Setting[] => [
  ...previous,
  parseSetting(text),
];

async function demo(caller: CommandContext, options: DemoOptions): Promise<ExitCode> {
  const startedAt = new Date(Number(caller.env['MERIDIAN_STARTED_AT'] ?? Date.now()));
  // With --json, standard output is for its one line.
  const context = caller.json ? { ...caller, terminal: quietTerminal(caller.terminal) } : caller;
  createHome(context.home);
  const site = siteOf(context, options.site);
  const plan = planDemo(await datasetFor(context, options.input), site, options.set);
  const outcome = await interruptible((signal) =>
    withRunningSystem(context, async (client) => {
      const leftOut = await register(context, { ...plan, client, signal });
      const display = new ProgressDisplay(context.terminal, new Date(), context.progress);
      const pipeline = await waitForPipeline({ client, pipeline: plan.pipeline, display, signal });
      const kept = { dataset: plan.dataset, directory: join(context.home.path, 'exports') };
      return { ...(await collectOutcome(client, pipeline, kept)), leftOut };
    }),
  );
  printOutcome(context, outcome);
  const recovered = options.input !== undefined || (await checkRendered(context, outcome.products));
  if (caller.json) caller.terminal.print(JSON.stringify(summaryOf(outcome, startedAt, new Date())));
  if (runningSupervisor(context.home) === null && context.env['MERIDIAN_API_URL'] === undefined) {
    context.terminal.note(
      'Meridian has stopped again. To look around: npx meridian up --detach, then npx meridian status',
    );
  }
  const isWhole = outcome.gaps.length === 0 && outcome.leftOut.length === 0;
  return isWhole && recovered ? EXIT_CODES.ok : EXIT_CODES.failed;
}

const siteOf = ({ home, env }: CommandContext, name: string): DemoSite =>
  name === 'local' ? localSite(home.work) : labSite(name, env['MERIDIAN_LAB'] ?? LAB_DIRECTORY);

interface DemoPlan {
  readonly pipeline: string;
  readonly dataset: string;
  readonly found: FoundFiles;
  readonly definitions: Definitions;
}

/** Everything that can be found wrong before anything is started. */
function planDemo(dataset: Dataset, site: DemoSite, settings: readonly Setting[]): DemoPlan {
  const found = findFitsFiles(dataset.directory);
  if (found.paths.length === 0) throw noFilesIn(dataset.directory);
  const place = { dataset: dataset.name, source: found.base, site };
  const definitions = demoDefinitions(readDefinitions(exampleFile('pipeline.yaml')), place, settings);
  return { pipeline: pipelineNameOf(dataset.name), dataset: dataset.name, found, definitions };
}

interface Registration extends DemoPlan {
  readonly client: ApiClient;
  readonly signal: AbortSignal;
}

/** Defines the dataset's pipeline and registers its files; gives back those that had to be left out. */
async function register(
  context: CommandContext,
  { pipeline, dataset, found, definitions, client, signal }: Registration,
): Promise<readonly FailedFile[]> {
  const changes = await client.post<DefinitionChange[]>('/definitions/apply', definitions);
  printChanges(context.terminal, changes, false);
  const display = new ProgressDisplay(
    context.terminal,
    new Date(),
    context.progress && context.terminal.isLive,
  );
  const ingested = await ingestFiles({
    client,
    found,
    location: pipeline,
    dims: { dataset },
    onProgress: (done, total) => {
      signal.throwIfAborted();
      display.update([{ name: 'ingest', done, total, running: 0, failed: 0, note: '' }], new Date());
    },
  });
  printSummary(context, { ...ingested, base_path: found.base });
  if (ingested.failed.length === found.paths.length) throw noFilesIn(`${found.base} that can be read`);
  return ingested.failed;
}
