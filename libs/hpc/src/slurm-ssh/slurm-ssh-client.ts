import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import type { SlurmJobOptions } from '../slurm/job-options.js';
import {
  SlurmSilence,
  SlurmUnreachable,
  type AccountingQuery,
  type RequestKind,
  type SlurmAcceptance,
  type SlurmClient,
  type SlurmJob,
  type SlurmSite,
  type SlurmSubmission,
} from '../slurm/slurm-client.js';
import { cancelErrorOf, errorOf, neverRan } from './complaints.js';
import { parseAcceptance } from './parse-acceptance.js';
import { parseAccounting } from './parse-accounting.js';
import { parseQueue } from './parse-queue.js';
import { parseConfig, parsePartitions } from './parse-site.js';
import { buildProgram, readAnswers, type CommandAnswer, type RemoteCommand } from './shell-program.js';
import {
  accountingCommands,
  cancelCommands,
  describeCommands,
  NEEDED_COMMANDS,
  QUERY_ENVIRONMENT,
  queueCommand,
  separatorOf,
  submitCommand,
} from './slurm-commands.js';
import { SshConnection } from './ssh-connection.js';
import { answerUnreadable, commandMissing, slurmSilent, SshUnreachable } from './ssh-problems.js';
import type { SshSettings } from './ssh-settings.js';
import { UnreadableAnswer } from './unreadable-answer.js';

export interface SlurmSshClientOptions {
  readonly settings: SshSettings;
  /** What every job asks for besides its resources. */
  readonly job: SlurmJobOptions;
  /** SSH_AUTH_SOCK of the process, for locations with `agent: true`. */
  readonly inheritedAgent?: string;
  /** Called once for every request to the site. */
  readonly onRequest?: (kind: RequestKind) => void;
}

/** The remote commands give up before we do, so that their own words about it arrive. */
const TIME_FOR_THE_ANSWER_SECONDS = 3;

/** Slurm through the commands of a login node: one program over one channel for each request. */
export class SlurmSshClient implements SlurmClient {
  /** For `SftpFiles` as well. */
  readonly connection: SshConnection;
  private readonly settings: SshSettings;

  constructor(private readonly options: SlurmSshClientOptions) {
    this.settings = options.settings;
    this.connection = new SshConnection(options);
  }

  async submit(submission: SlurmSubmission): Promise<SlurmAcceptance> {
    const [answer] = await this.ask('submit', [submitCommand(this.options.job, submission)]);
    // sbatch says nothing about jobs that can never start: their reason in the queue does.
    return { jobId: parseAcceptance(outputOf('sbatch', answer)), neverStarts: null };
  }

  /** Asks for all of our user's jobs: slurmctld itself chooses by user, while squeue chooses by id from the jobs of the whole cluster. */
  async listStates(ids: readonly number[]): Promise<SlurmJob[]> {
    return ids.length === 0 ? [] : this.queue(false);
  }

  listJobs(): Promise<SlurmJob[]> {
    return this.queue(true);
  }

  async account(query: AccountingQuery): Promise<SlurmJob[]> {
    if (query.kind === 'ids' && query.ids.length === 0) return [];
    const separator = separatorOf(newMarker());
    const answers = await this.ask('accounting', accountingCommands(separator, query));
    return answers.flatMap((answer) => parseAccounting(outputOf('sacct', answer), separator));
  }

  async cancel(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const answers = await this.ask('cancel', cancelCommands(ids));
    const error = answers.map(cancelErrorOf).find((one) => one !== null);
    if (error !== undefined) throw error;
  }

  async describe(): Promise<SlurmSite> {
    const separator = separatorOf(newMarker());
    try {
      const answers = await this.ask('site', describeCommands(separator));
      NEEDED_COMMANDS.forEach((command, at) => this.checkCommand(command, answers[at]));
      const [config, partitions] = answers.slice(NEEDED_COMMANDS.length);
      return this.siteOf(
        parseConfig(outputOf('scontrol', config)),
        parsePartitions(outputOf('sinfo', partitions), separator),
      );
    } catch (error) {
      if (error instanceof SshUnreachable) throw error.problem;
      if (error instanceof UnreadableAnswer) throw answerUnreadable(this.settings, error.message);
      if (error instanceof SlurmUnreachable || error instanceof SlurmSilence)
        throw slurmSilent(this.settings, error.message);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private async queue(withNames: boolean): Promise<SlurmJob[]> {
    const separator = separatorOf(newMarker());
    const [answer] = await this.ask('status', [queueCommand(separator, withNames)]);
    return parseQueue(outputOf('squeue', answer), separator, withNames);
  }

  private siteOf(config: ReturnType<typeof parseConfig>, partitions: SlurmSite['partitions']): SlurmSite {
    const { host, port, user } = this.settings;
    const { version, cluster, hasAccounting, maxArraySize, messageTimeoutSeconds, minJobAgeSeconds } = config;
    return {
      version,
      cluster,
      hasAccounting,
      maxArraySize,
      // Until then sbatch may still ask, or slurmctld read what it was asked. What is on its way for longer than that (a network
      // that stood still, a controller that was suspended) is left to the claim in the attempt's directory.
      messageTimeoutSeconds: messageTimeoutSeconds + this.commandSeconds,
      partitions,
      details: {
        login: `${user}@${host}:${port}`,
        message_timeout_seconds: messageTimeoutSeconds,
        min_job_age_seconds: minJobAgeSeconds,
      },
    };
  }

  private checkCommand(command: string, answer: CommandAnswer | undefined): void {
    if (answer === undefined || answer.exit === 0) return;
    const error = errorOf(command, answer);
    throw neverRan(answer) ? commandMissing(this.settings, command, error.message) : error;
  }

  private get commandSeconds(): number {
    return this.settings.timeoutSeconds - TIME_FOR_THE_ANSWER_SECONDS;
  }

  private async ask(kind: RequestKind, asked: readonly RemoteCommand[]): Promise<CommandAnswer[]> {
    const { slurmConf, commandsDirectory } = this.settings;
    const commands = asked.map((command) => inDirectory(command, commandsDirectory));
    const marker = newMarker();
    const program = buildProgram({
      marker,
      commands,
      environment: {
        // sbatch passes its environment on to the job.
        ...(kind === 'submit' ? {} : QUERY_ENVIRONMENT),
        ...(slurmConf === null ? {} : { SLURM_CONF: slurmConf }),
      },
      timeoutSeconds: this.commandSeconds,
      // A dead controller is waited for once, not once for each question about the site.
      stopsAtFailure: kind === 'site',
    });
    this.options.onRequest?.(kind);
    const output = await this.connection.run(program);
    const answers = readAnswers(marker, output.stdout);
    if (answers !== null) return answers;
    if (output.code === null && output.signal === null)
      throw new SlurmSilence('the connection was lost before the answer was complete');
    const said = output.stderr.toString('utf8').trim().split('\n').at(-1) ?? '';
    throw new UnreadableAnswer(said === '' ? 'it is not what was asked for' : said.slice(0, 300));
  }
}

const newMarker = (): string => randomBytes(16).toString('hex');

const inDirectory = (command: RemoteCommand, directory: string | null): RemoteCommand => {
  const [name = '', ...options] = command.argv;
  return directory === null ? command : { ...command, argv: [posix.join(directory, name), ...options] };
};

/** What a command printed, once it is known that it did what it was asked. */
function outputOf(command: string, answer: CommandAnswer | undefined): string {
  if (answer === undefined) throw new SlurmSilence(`${command} did not answer`);
  if (answer.exit !== 0) throw errorOf(command, answer);
  return answer.stdout;
}
