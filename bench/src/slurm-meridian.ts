import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { opsDataSource } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import type { Lab } from './slurm-lab.js';

const PROGRAM = join(__dirname, '..', '..', 'apps', 'cli', 'dist', 'main.js');
const START_SECONDS = 60;

interface MeridianOptions {
  readonly lab: Lab;
  readonly databaseUrl: string;
  /** A home of its own, which the lab's user owns. */
  readonly home: string;
  /** Settings of the daemons. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A whole Meridian of the lab's user: every daemon a process of its own, driven by the command line and the API as in life. */
export class Meridian {
  private constructor(
    private readonly options: MeridianOptions,
    private readonly supervisor: ChildProcess,
    readonly database: DataSource,
  ) {}

  static async start(options: MeridianOptions): Promise<Meridian> {
    const { lab, home, databaseUrl: url } = options;
    const supervisor = spawn(process.execPath, [PROGRAM, 'up'], {
      ...{ uid: lab.user.uid, gid: lab.user.gid, cwd: home },
      env: environmentOf(options),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const database = await opsDataSource({ url, applicationName: 'bench' }).initialize();
    const meridian = new Meridian(options, supervisor, database);
    const deadline = Date.now() + START_SECONDS * 1000;
    while ((await meridian.record().catch(() => null))?.state !== 'ready') {
      if (supervisor.exitCode !== null || Date.now() > deadline) {
        await meridian.stop();
        throw new Error(`Meridian did not start within ${START_SECONDS} s`);
      }
      await sleep(100);
    }
    return meridian;
  }

  async stop(): Promise<void> {
    await this.database.destroy();
    if (this.supervisor.exitCode !== null || this.supervisor.signalCode !== null) return;
    const ended = new Promise((resolve) => this.supervisor.once('exit', resolve));
    this.supervisor.kill('SIGTERM');
    await ended;
  }

  /** `meridian apply` of a definitions file. */
  async apply(definitions: object, path: string): Promise<void> {
    const { lab, home } = this.options;
    await lab.write(path, JSON.stringify(definitions));
    await lab.run(process.execPath, [PROGRAM, 'apply', path], {
      cwd: home,
      env: environmentOf(this.options),
    });
  }

  async post(path: string, body: object): Promise<void> {
    const { api_url: url } = await this.record();
    const token = (await readFile(join(this.options.home, 'api-token'), 'utf8')).trim();
    const response = await fetch(`${url}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${text}`);
  }

  private async record(): Promise<{ state: string; api_url: string }> {
    const text = await readFile(join(this.options.home, 'supervisor.json'), 'utf8');
    return JSON.parse(text) as { state: string; api_url: string };
  }
}

const environmentOf = ({ lab, home, databaseUrl, settings }: MeridianOptions): Record<string, string> => ({
  ...lab.environment,
  ...settings,
  MERIDIAN_HOME: home,
  DATABASE_URL: databaseUrl,
  NO_COLOR: '1',
});
