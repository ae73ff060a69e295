import { randomBytes } from 'node:crypto';
import { buildProgram, readAnswers, type CommandAnswer } from './shell-program.js';
import { SlurmSilence } from '../slurm/slurm-client.js';
import type { SshConnection } from './ssh-connection.js';

interface Asked {
  readonly path: string;
  readonly sizeBytes: number;
  readonly resolve: (sha256: string) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_AT_A_TIME = 100;
/** A file that is read more slowly than this is given up. */
const LEAST_BYTES_PER_SECOND = 5_000_000;
const SECONDS_BESIDES = 60;

/**
 * Has files hashed where they are, so that their bytes stay there. What is asked for while one program runs goes together into the
 * next: many small files cost few programs.
 */
export class RemoteHasher {
  private readonly waiting: Asked[] = [];
  private isBusy = false;

  constructor(private readonly connection: SshConnection) {}

  /** The sha256 of a file's bytes. `sizeBytes`: how long it may take. */
  hash(path: string, sizeBytes: number): Promise<string> {
    const hash = new Promise<string>((resolve, reject) =>
      this.waiting.push({ path, sizeBytes, resolve, reject }),
    );
    if (!this.isBusy) void this.work();
    return hash;
  }

  /** Never rejects: everybody is told alone. */
  private async work(): Promise<void> {
    this.isBusy = true;
    // Who asks in the same moment goes along.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const asked = this.waiting.splice(0, MOST_AT_A_TIME);
      try {
        const answers = await this.run(asked);
        asked.forEach((one, at) => tell(one, answers[at]));
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    this.isBusy = false;
  }

  private async run(asked: readonly Asked[]): Promise<CommandAnswer[]> {
    const marker = randomBytes(16).toString('hex');
    const bytes = asked.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const timeoutSeconds = SECONDS_BESIDES + Math.ceil(bytes / LEAST_BYTES_PER_SECOND);
    const program = buildProgram({
      marker,
      commands: asked.map(({ path }) => ({ argv: ['sha256sum', '--', path], stdin: null })),
      environment: { LC_ALL: 'C' },
      timeoutSeconds,
    });
    const { stdout } = await this.connection.run(program, (timeoutSeconds + 5) * 1000);
    const answers = readAnswers(marker, stdout);
    if (answers === null) throw new SlurmSilence('sha256sum: the answer is not complete');
    return answers;
  }
}

function tell({ path, resolve, reject }: Asked, answer: CommandAnswer | undefined): void {
  // A backslash comes first when the name holds signs that sha256sum does not print.
  const sha256 = /^\\?([0-9a-f]{64}) /.exec(answer?.stdout ?? '')?.[1];
  if (answer?.exit === 0 && sha256 !== undefined) resolve(sha256);
  else reject(new Error(`${path} cannot be hashed at the site: ${answer?.stderr.trim() || 'no answer'}`));
}
