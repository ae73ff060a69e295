import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '@meridian/ops-db/testing';

const API = join(__dirname, '..', '..', 'apps', 'ops-db-api', 'dist');
/** The flags that the supervisor and the systemd units use. */
const NODE_FLAGS = ['--max-semi-space-size=2', '--max-old-space-size=512'];
const PATIENCE_MS = 30_000;

export interface Answer {
  readonly milliseconds: number;
  readonly body: string;
}

/** The API as its own process, asked over one connection that stays open. */
export class RunningApi {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
    private readonly token: string,
  ) {}

  static async start(databaseUrl: string, environment: NodeJS.ProcessEnv): Promise<RunningApi> {
    const port = await freePort();
    const env = {
      ...environment,
      DATABASE_URL: databaseUrl,
      MERIDIAN_API_PORT: String(port),
      MERIDIAN_API_REQUESTS_PER_SECOND: '1000000',
      MERIDIAN_LOG_LEVEL: 'warn',
    };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(API, 'create-token.js'), '--name', 'bench', '--role', 'viewer'],
      { env },
    );
    const child = spawn(process.execPath, [...NODE_FLAGS, join(API, 'main.js')], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const api = new RunningApi(child, port, stdout.trim());
    await api.answers();
    return api;
  }

  stop(): Promise<void> {
    this.agent.destroy();
    return new Promise((resolve) => {
      if (this.child.exitCode !== null) return resolve();
      this.child.once('exit', () => resolve());
      this.child.kill('SIGTERM');
    });
  }

  /** From the request to the last byte of the answer; any but 200 is an error. */
  ask(path: string): Promise<Answer> {
    const startedAt = performance.now();
    const headers = { Authorization: `Bearer ${this.token}`, Accept: 'application/json' };
    const options = {
      host: '127.0.0.1',
      port: this.port,
      path: `/api/v1${path}`,
      agent: this.agent,
      headers,
    };
    return new Promise((resolve, reject) => {
      get(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const milliseconds = performance.now() - startedAt;
          const body = Buffer.concat(chunks).toString('utf8');
          if (response.statusCode === 200) resolve({ milliseconds, body });
          else reject(new Error(`GET ${path}: ${response.statusCode} ${body}`));
        });
      }).on('error', reject);
    });
  }

  private async answers(): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        await this.ask('/runs/summary');
        return;
      } catch (error) {
        if (this.child.exitCode !== null || performance.now() > until) throw error;
        await sleep(100);
      }
    }
  }
}
