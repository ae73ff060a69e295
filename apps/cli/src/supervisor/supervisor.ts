import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CliError, EXIT_CODES } from '../cli-error.js';
import { ensureToken } from './api-token-file.js';
import { freePort } from './free-port.js';
import type { Home } from './home.js';
import { createHome } from './home.js';
import { releaseLock, takeLock } from './home-lock.js';
import { KeptProcess } from './kept-process.js';
import { stopLeftOvers } from './left-overs.js';
import { LogFile, tailOf } from './log-file.js';
import { PostgresServer } from './postgres-server.js';
import { identify } from './process-identity.js';
import type { ProcessIdentity } from './process-identity.js';
import { API, DAEMONS, nodeArguments } from './programs.js';
import { runProgram } from './run-program.js';
import { DAEMON_STOP, POSTGRES_STOP } from './stop-process.js';
import { readRecord, writeRecord } from './supervisor-record.js';
import type { SupervisorState } from './supervisor-record.js';
import { waitUntil } from './wait-until.js';

const POSTGRES = 'postgres';

export interface SupervisorOptions {
  readonly home: Home;
  /** The caller's environment: DATABASE_URL and MERIDIAN_* settings in it reach the daemons. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What happens, as lines for a person; `source` is a process or `meridian`. */
  readonly log: (source: string, line: string) => void;
}

/**
 * Meridian on one machine: PostgreSQL (unless DATABASE_URL names a server), the API and the three daemons.
 *
 * Each is a process that is started again when it dies. They live as long as this process: Node daemons notice the end of
 * their IPC channel, and a PostgreSQL left over by a kill -9 is stopped by the next start.
 */
export class Supervisor {
  private readonly kept: KeptProcess[] = [];
  private readonly identities = new Map<string, ProcessIdentity>();
  private readonly since = new Date().toISOString();
  private state: SupervisorState = 'starting';
  private api: string | null = null;
  private stopped: Promise<void> | null = null;

  private constructor(private readonly options: SupervisorOptions) {}

  /** Starts everything and resolves when the API is ready. When anything fails, what was started is stopped again. */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    createHome(options.home);
    const lock = takeLock(options.home);
    if (lock.kind === 'held') {
      throw new CliError({
        message: `Meridian is already running in ${options.home.path} (process ${lock.by.pid}).`,
        action: 'See it with "meridian status", or stop it with "meridian down".',
        exitCode: EXIT_CODES.usage,
      });
    }
    const supervisor = new Supervisor(options);
    try {
      await supervisor.startAll();
    } catch (error) {
      await supervisor.stop();
      throw error;
    }
    return supervisor;
  }

  get apiUrl(): string {
    return this.api ?? '';
  }

  /** Stops everything in order, PostgreSQL last; a second call waits for the first. */
  stop(): Promise<void> {
    this.stopped ??= this.stopAll();
    return this.stopped;
  }

  private get externalDatabase(): string | null {
    const url = this.options.env['DATABASE_URL'] ?? '';
    return url === '' ? null : url;
  }

  private async startAll(): Promise<void> {
    const leftOvers = await stopLeftOvers(this.options.home);
    if (leftOvers.length > 0) this.say(`stopped ${leftOvers.join(', ')} of an earlier run`);
    const previousPort = Number(new URL(readRecord(this.options.home)?.api_url ?? 'http://127.0.0.1').port);
    this.writeState('starting');
    const databaseUrl = this.externalDatabase ?? (await this.startPostgres());
    const port = await freePort(Number(this.options.env['MERIDIAN_API_PORT'] ?? previousPort) || null);
    const env = this.environment(databaseUrl, port);
    await runProgram({ app: API, script: 'migrate', env });
    this.say('the ops-db is up to date');
    this.api = `http://127.0.0.1:${port}`;
    await Promise.all([API, ...DAEMONS].map((app) => this.keepNode(app, env)));
    await this.waitForApi();
    await ensureToken({ home: this.options.home, apiUrl: this.api, env });
    this.writeState('ready');
    this.say(`ready: ${this.api}`);
  }

  private async startPostgres(): Promise<string> {
    const server = await PostgresServer.prepare(this.options.home);
    await this.keep(POSTGRES, { launch: () => server.launch(), stopSteps: POSTGRES_STOP });
    await server.waitUntilReady();
    this.say('PostgreSQL is ready');
    return server.url;
  }

  private environment(databaseUrl: string, port: number): NodeJS.ProcessEnv {
    return {
      ...this.options.env,
      // Ours alone: the daemons need neither the caller's token nor its debugger.
      MERIDIAN_API_TOKEN: undefined,
      NODE_OPTIONS: undefined,
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      MERIDIAN_API_HOST: '127.0.0.1',
      MERIDIAN_API_PORT: String(port),
      MERIDIAN_LOG_FORMAT: 'json',
    };
  }

  private keepNode(app: string, env: NodeJS.ProcessEnv): Promise<void> {
    const file = new LogFile(join(this.options.home.logs, `${app}.log`));
    const launch = (): Promise<ChildProcess> => {
      // A session of its own: Ctrl-C is for the supervisor, which stops the others in order.
      const child = spawn(process.execPath, nodeArguments(app, 'main'), {
        env,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
      for (const stream of [child.stdout, child.stderr]) {
        if (stream === null) continue;
        createInterface({ input: stream }).on('line', (line) => {
          file.append(line);
          this.options.log(app, line);
        });
      }
      return Promise.resolve(child);
    };
    return this.keep(app, { launch, stopSteps: DAEMON_STOP });
  }

  private async keep(
    name: string,
    how: Pick<ConstructorParameters<typeof KeptProcess>[0], 'launch' | 'stopSteps'>,
  ): Promise<void> {
    const kept = new KeptProcess({
      ...how,
      name,
      log: (line) => this.options.log(name, line),
      onChange: (identity) => {
        if (identity === null) this.identities.delete(name);
        else this.identities.set(name, identity);
        this.writeState(this.state);
      },
    });
    this.kept.push(kept);
    await kept.start();
  }

  private async waitForApi(): Promise<void> {
    const api = this.kept.find((process) => process.name === API);
    let givenUp = false;
    const ready = await waitUntil(
      async () => {
        givenUp = (api?.earlyDeaths ?? 0) >= 3;
        if (givenUp) return true;
        const answer = await fetch(`${this.apiUrl}/health/ready`, {
          signal: AbortSignal.timeout(5_000),
        }).catch(() => null);
        return answer?.ok === true;
      },
      { timeoutMs: 90_000 },
    );
    if (ready && !givenUp) return;
    const log = join(this.options.home.logs, `${API}.log`);
    throw new CliError({
      message: `The API did not become ready. The end of its log:\n${tailOf(log, 8)}`,
      action: `Read ${log}; "meridian doctor" checks the machine.`,
      exitCode: EXIT_CODES.other,
    });
  }

  private async stopAll(): Promise<void> {
    this.writeState('stopping');
    // Daemons first, all at once (each ends its pass), then the API, then the database that they all use.
    const stopThese = (...names: readonly string[]): Promise<unknown> =>
      Promise.all(
        this.kept.filter((process) => names.includes(process.name)).map((process) => process.stop()),
      );
    await stopThese(...DAEMONS);
    await stopThese(API);
    await stopThese(POSTGRES);
    // The record stays: the next start takes the API's port from it.
    this.writeState('stopped');
    releaseLock(this.options.home);
    this.say('stopped');
  }

  private writeState(state: SupervisorState): void {
    this.state = state;
    if (!existsSync(this.options.home.path)) return;
    writeRecord(this.options.home, {
      ...(identify(process.pid) ?? { pid: process.pid, started: null }),
      state,
      api_url: this.api,
      database: this.externalDatabase === null ? 'embedded' : 'external',
      home: this.options.home.path,
      since: this.since,
      processes: Object.fromEntries(this.identities),
    });
  }

  private say(line: string): void {
    this.options.log('meridian', line);
  }
}
