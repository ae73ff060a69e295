import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SYSTEM_PATH } from './daemon-fleet.js';

const execute = promisify(execFile);
const APPS = join(__dirname, '..', '..', '..', 'apps');
const PATIENCE_MS = 120_000;
const PAUSE_MS = 500;

/** A raw file that was handed to Meridian. */
export interface Input {
  readonly name: string;
  /** What the product that is made from it must hold. */
  readonly product: string;
}

/** Meridian as its users see it: the command line and the API, which may be away for moments. */
export class MeridianApi {
  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** With a token of its own for whoever asks. */
  static async open(databaseUrl: string, port: number): Promise<MeridianApi> {
    const program = join(APPS, 'ops-db-api', 'dist', 'create-token.js');
    const { stdout } = await execute(process.execPath, [program, '--name', 'faults', '--role', 'admin'], {
      env: { PATH: SYSTEM_PATH, DATABASE_URL: databaseUrl },
    });
    return new MeridianApi(`http://127.0.0.1:${port}`, stdout.trim());
  }

  async apply(definitionsFile: string): Promise<void> {
    await this.request('GET', '/pipelines');
    await execute(process.execPath, [join(APPS, 'cli', 'dist', 'main.js'), 'apply', definitionsFile], {
      env: { PATH: SYSTEM_PATH, MERIDIAN_API_URL: this.url, MERIDIAN_API_TOKEN: this.token },
    });
  }

  /** Writes a raw file and registers it, however often that takes. */
  async ingest(
    input: Input,
    { folder, location, content }: { folder: string; location: string; content: string },
  ): Promise<void> {
    await writeFile(join(folder, input.name), content);
    const row = {
      name: input.name,
      location,
      path: input.name,
      size_bytes: Buffer.byteLength(content),
      sha256: createHash('sha256').update(content).digest('hex'),
      dims: { dataset: 'faults' },
    };
    await this.request('POST', '/raw-data-files/bulk', { rows: [row] });
  }

  /** False when the run had ended meanwhile, or the API was away. */
  async cancel(runId: number): Promise<boolean> {
    const path = `/runs/${runId}/cancellation`;
    return this.once('POST', path, {
      body: { reason: 'the fault harness asks for it' },
      key: randomUUID(),
    }).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  /** Under one idempotency key until an answer comes: a reply that was lost must not do it twice. */
  private async request(method: string, path: string, body?: object): Promise<void> {
    const key = randomUUID();
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.once(method, path, { body, key }).catch((error: unknown) => error);
      if (answer instanceof Response) {
        if (answer.ok) return;
        const words = await answer.text();
        if (answer.status < 500 && answer.status !== 409 && answer.status !== 429)
          throw new Error(`${method} ${path}: ${answer.status} ${words}`);
      }
      if (Date.now() > giveUpAt) throw new Error(`${method} ${path}: no answer for ${PATIENCE_MS} ms`);
      await sleep(PAUSE_MS);
    }
  }

  private once(
    method: string,
    path: string,
    { body, key }: { body?: object | undefined; key: string },
  ): Promise<Response> {
    return fetch(`${this.url}/api/v1${path}`, {
      method,
      signal: AbortSignal.timeout(10_000),
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}
