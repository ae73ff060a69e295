import { Command } from 'commander';
import { connect } from './api/connect.js';
import type { ExitCode } from './cli-error.js';
import type { CommandContext, Runner } from './command-context.js';
import { addApplyCommand } from './commands/apply.command.js';
import { addBreakersCommand } from './commands/breakers.command.js';
import { addChangeRunsCommands } from './commands/change-runs.command.js';
import { addFailuresCommand } from './commands/failures.command.js';
import { addGapsCommand } from './commands/gaps.command.js';
import { addGetCommand } from './commands/get.command.js';
import { addIngestCommand } from './commands/ingest.command.js';
import { addKillCommand } from './commands/kill.command.js';
import { addLineageCommand } from './commands/lineage.command.js';
import { addLogsCommand } from './commands/logs.command.js';
import { addPlanCommand } from './commands/plan.command.js';
import { addPresetsCommand } from './commands/presets.command.js';
import { addPreviewCommand } from './commands/preview.command.js';
import { addProductsCommand } from './commands/products.command.js';
import { addRunsCommand } from './commands/runs.command.js';
import { addRetryItemsCommand } from './commands/retry-items.command.js';
import { addStatusCommand } from './commands/status.command.js';
import { addTokenCommand } from './commands/token.command.js';
import { addTriggerCommand } from './commands/trigger.command.js';
import { addCloseCommand } from './commands/close.command.js';
import { addTablesCommand } from './commands/tables.command.js';
import { addQualityCommand } from './commands/quality.command.js';
import { addPublicationCommands } from './commands/publications.command.js';
import { addAuditCommand } from './commands/audit.command.js';
import { addRematerialiseCommand } from './commands/rematerialise.command.js';
import { addRetentionCommands } from './commands/retention.command.js';
import { addImpactCommand } from './commands/impact.command.js';
import { addProvenanceCommand } from './commands/provenance.command.js';
import { addResultsCommand } from './commands/results.command.js';
import { addTaintCommands } from './commands/taint.command.js';
import { addRebuildCommand } from './commands/rebuild.command.js';
import { addPauseCommands } from './commands/pause.command.js';
import { addDemoCommand } from './demo/demo.command.js';
import { addDoctorCommand } from './commands/doctor.command.js';
import { addDownCommand } from './commands/down.command.js';
import { addUpCommand } from './commands/up.command.js';
import type { CliOptions } from './run-cli.js';
import { defaultHomePath, homeAt } from './supervisor/home.js';

/** Every command, in the order of `--help`: running it, defining, doing, looking, administering. */
const COMMANDS = [
  addUpCommand,
  addDownCommand,
  addDemoCommand,
  addDoctorCommand,
  addPresetsCommand,
  addApplyCommand,
  addPlanCommand,
  addIngestCommand,
  addTriggerCommand,
  addCloseCommand,
  addStatusCommand,
  addGapsCommand,
  addRunsCommand,
  addLogsCommand,
  addProductsCommand,
  addFailuresCommand,
  addPreviewCommand,
  addGetCommand,
  addTablesCommand,
  addQualityCommand,
  addPublicationCommands,
  addAuditCommand,
  addRematerialiseCommand,
  addRetentionCommands,
  addResultsCommand,
  addRebuildCommand,
  addLineageCommand,
  addImpactCommand,
  addProvenanceCommand,
  addTaintCommands,
  addChangeRunsCommands,
  addRetryItemsCommand,
  addPauseCommands,
  addKillCommand,
  addBreakersCommand,
  addTokenCommand,
] as const;

interface GlobalOptions {
  readonly home?: string;
  readonly json?: boolean;
  readonly progress: boolean;
}

/** The command-line program; `onExitCode` gets the outcome of the command that ran. */
export function buildProgram(options: CliOptions, onExitCode: (code: ExitCode) => void): Command {
  const { terminal } = options;
  const program = new Command('meridian')
    .description('Turns archived raw telescope data into calibrated data products on HPC.')
    .option('--home <dir>', 'state directory of the embedded system (default: MERIDIAN_HOME, else .meridian)')
    .option('--json', 'answer with JSON on standard output')
    .option('--no-progress', 'plain lines instead of a display that redraws')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Try --help.')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 partly or failed, 2 usage or configuration, 3 input data, 10 other.',
    );
  const run: Runner = async (command, action) => {
    onExitCode(await action(contextOf(command.optsWithGlobals<GlobalOptions>(), options)));
  };
  for (const add of COMMANDS) add(program, run);
  return program;
}

function contextOf(globals: GlobalOptions, { terminal, env, cwd }: CliOptions): CommandContext {
  const home = homeAt(defaultHomePath(globals.home ?? env['MERIDIAN_HOME'], cwd));
  return {
    terminal,
    env,
    cwd,
    home,
    json: globals.json === true,
    progress: globals.progress,
    connect: () => connect({ home, env }),
  };
}
