import { execFile } from 'node:child_process';
import { chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { SystemUser } from '@meridian/hpc/testing';

const execute = promisify(execFile);
const PROGRAM = join(__dirname, '..', '..', 'apps', 'cli', 'dist', 'main.js');

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Run {
  readonly id: number;
  readonly step: string;
  readonly status: string;
  readonly attempt: number;
  readonly failure_class: string | null;
  readonly failure_reason: string | null;
  readonly waiting_reason: string | null;
}

export interface HomeOptions {
  /** Whose processes these are; whoever runs the tests unless it is given. */
  readonly user?: SystemUser;
  /** Settings of the daemons. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A whole Meridian in a directory of its own, driven as a person does: by the command line and the API. */
export class MeridianHome {
  private constructor(
    readonly directory: string,
    private readonly options: HomeOptions,
  ) {}

  static async create(options: HomeOptions = {}): Promise<MeridianHome> {
    const directory = await mkdtemp(join(tmpdir(), 'meridian-e2e-'));
    // As root the database runs as user postgres, which has to get here.
    await chmod(directory, 0o755);
    if (options.user !== undefined) await chown(directory, options.user.uid, options.user.gid);
    return new MeridianHome(directory, options);
  }

  /** Runs `meridian …` and never throws: the exit code is part of the answer. */
  async meridian(...args: readonly string[]): Promise<CommandResult> {
    const { user, settings } = this.options;
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      ...settings,
      MERIDIAN_HOME: this.directory,
      NO_COLOR: '1',
    };
    delete env['DATABASE_URL'];
    const { name, home, uid, gid } = user ?? {};
    if (user !== undefined) Object.assign(env, { HOME: home, USER: name, LOGNAME: name });
    try {
      const { stdout, stderr } = await execute(process.execPath, [PROGRAM, ...args], {
        env,
        maxBuffer: 2 ** 26,
        ...(user === undefined ? {} : { uid, gid, cwd: this.directory }),
      });
      return { code: 0, stdout, stderr };
    } catch (error) {
      const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
      return { code: typeof code === 'number' ? code : -1, stdout, stderr };
    }
  }

  /** The same, for what has to work. */
  async mustMeridian(...args: readonly string[]): Promise<CommandResult> {
    const result = await this.meridian(...args);
    if (result.code !== 0)
      throw new Error(
        `meridian ${args.join(' ')} ended with ${result.code}\n${result.stdout}\n${result.stderr}`,
      );
    return result;
  }

  /** Process ids by name, as the supervisor wrote them down; `supervisor` is one of them. */
  async processes(): Promise<Record<string, number>> {
    const record = JSON.parse(await readFile(join(this.directory, 'supervisor.json'), 'utf8')) as {
      pid: number;
      processes: Record<string, { pid: number }>;
    };
    const children = Object.entries(record.processes).map(([name, { pid }]) => [name, pid] as const);
    return { ...Object.fromEntries(children), supervisor: record.pid };
  }

  async get<Body>(path: string): Promise<Body> {
    return this.request<Body>('GET', path);
  }

  async request<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const { api_url: url } = JSON.parse(await readFile(join(this.directory, 'supervisor.json'), 'utf8')) as {
      api_url: string;
    };
    const token = (await readFile(join(this.directory, 'api-token'), 'utf8')).trim();
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Body;
  }

  async runs(pipeline: string): Promise<Run[]> {
    return (await this.get<{ items: Run[] }>(`/runs?pipeline=${pipeline}&limit=1000`)).items;
  }

  /** Polls until `look` returns something, through an API that may be away for moments; fails after `seconds`. */
  async until<Found>(what: string, seconds: number, look: () => Promise<Found | null>): Promise<Found> {
    const deadline = Date.now() + seconds * 1000;
    let last: unknown = null;
    while (Date.now() < deadline) {
      try {
        const found = await look();
        if (found !== null) return found;
      } catch (error) {
        last = error;
      }
      await sleep(200);
    }
    throw new Error(
      `${what} did not happen within ${seconds} s${last instanceof Error ? `; last error: ${last.message}` : ''}`,
    );
  }

  async remove(): Promise<void> {
    await this.meridian('down');
    await rm(this.directory, { recursive: true, force: true });
  }
}
