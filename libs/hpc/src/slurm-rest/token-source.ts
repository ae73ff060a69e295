import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { at, numberAt, textAt } from './json-reading.js';
import { RestProblem, withoutTokens } from './rest-problem.js';
import type { TokenPlace } from './rest-settings.js';

export interface TokenSourceOptions {
  readonly place: TokenPlace;
  readonly lifespanSeconds: number | null;
  readonly readEnvironment: (name: string) => string | undefined;
  readonly now: () => Date;
  /** Milliseconds of a clock that nobody sets. */
  readonly ticks?: () => number;
}

interface KnownToken {
  readonly value: string;
  /** Null: not told. */
  readonly expiresAt: number | null;
  /** From here on a new one is asked for. */
  readonly renewAt: number | null;
  readonly readAt: number;
}

const MOST_MARGIN_MS = 60_000;
/** A place that holds a token which seems to have expired is not asked at every request; the clock here may be the one that is wrong. */
const LEAST_BETWEEN_READS_MS = 10_000;
const COMMAND_TIMEOUT_MS = 30_000;
/** Of what a Date can hold. */
const LAST_SECOND = 8.64e12;
/** What a token command may need of our environment, and nothing else of it. */
const PASSED_ON = ['PATH', 'HOME', 'SLURM_CONF', 'LANG'];

/** The token of one location: read when it is first needed, again before it expires, and again when it was refused. */
export class TokenSource {
  private known: KnownToken | null = null;
  private reading: Promise<KnownToken> | null = null;

  constructor(private readonly options: TokenSourceOptions) {}

  /** @throws RestProblem in one sentence that never holds the token */
  async get(): Promise<string> {
    const { known } = this;
    if (known !== null && !this.isDue(known)) return known.value;
    return (await this.read()).value;
  }

  /** The server does not take this one: the next `get` asks its place again. */
  reject(value: string): void {
    if (this.known?.value === value) this.known = null;
  }

  /** What the token says about itself, for an explanation of why it was refused; it is not verified. */
  explain(value: string): string {
    const expiresAt = claimOf(value, 'exp');
    if (typeof expiresAt === 'number' && expiresAt * 1000 <= this.options.now().getTime())
      return `it expired at ${new Date(expiresAt * 1000).toISOString()}`;
    const owner = claimOf(value, 'sun') ?? claimOf(value, 'username');
    return typeof owner === 'string' ? `it was made for the user ${owner}` : 'it says nothing about itself';
  }

  private isDue({ renewAt, readAt }: KnownToken): boolean {
    return (
      renewAt !== null &&
      this.options.now().getTime() >= renewAt &&
      this.ticks() - readAt >= LEAST_BETWEEN_READS_MS
    );
  }

  private ticks = (): number => (this.options.ticks ?? (() => performance.now()))();

  /** Requests that need a new token at the same time wait for the same one. */
  private read(): Promise<KnownToken> {
    this.reading ??= this.readPlace()
      .then((text) => (this.known = this.weigh(tokenIn(text, this.options.place))))
      .finally(() => (this.reading = null));
    return this.reading;
  }

  private weigh(value: string): KnownToken {
    const now = this.options.now().getTime();
    const claimed = claimOf(value, 'exp');
    const { lifespanSeconds } = this.options;
    const expiresAt =
      typeof claimed === 'number'
        ? claimed * 1000
        : lifespanSeconds === null
          ? null
          : now + lifespanSeconds * 1000;
    const margin = expiresAt === null ? 0 : Math.min(MOST_MARGIN_MS, Math.max(0, expiresAt - now) / 4);
    return {
      value,
      expiresAt,
      renewAt: expiresAt === null ? null : expiresAt - margin,
      readAt: this.ticks(),
    };
  }

  private async readPlace(): Promise<string> {
    const { place, readEnvironment } = this.options;
    switch (place.kind) {
      case 'env':
        return readEnvironment(place.variable) ?? fail(`the variable ${place.variable} is not set`);
      case 'file':
        return readFile(place.path, 'utf8').catch((error: unknown) =>
          fail(`the file ${place.path} cannot be read (${textAt(error, 'code') ?? 'unknown error'})`),
        );
      case 'command':
        return this.runCommand(place.argv);
    }
  }

  private async runCommand([program = '', ...args]: readonly string[]): Promise<string> {
    const passed = PASSED_ON.map((name) => [name, this.options.readEnvironment(name)] as const);
    const env = Object.fromEntries(passed.filter(([, value]) => value !== undefined));
    try {
      const { stdout } = await promisify(execFile)(program, args, {
        env,
        timeout: COMMAND_TIMEOUT_MS,
        maxBuffer: 65_536,
      });
      return stdout;
    } catch (error) {
      const code = at(error, 'code');
      const how =
        at(error, 'killed') === true
          ? 'was stopped'
          : `ended with ${typeof code === 'string' || typeof code === 'number' ? code : 'an error'}`;
      const words = withoutTokens((textAt(error, 'stderr') ?? '').trim().split('\n')[0] ?? '').slice(0, 200);
      return fail(`the command ${program} ${how}${words === '' ? '' : `: ${words}`}`);
    }
  }
}

/** A token is one word that fits into a header; `scontrol token` puts a name before it. */
function tokenIn(text: string, place: TokenPlace): string {
  const last = text.trim().split('\n').at(-1)?.trim() ?? '';
  const value = last.replace(/^SLURM_JWT=/, '');
  return /^[\x21-\x7e]{1,16384}$/.test(value) ? value : fail(`the ${place.kind} holds no token`);
}

function claimOf(token: string, claim: 'exp' | 'sun' | 'username'): string | number | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (claim !== 'exp') return textAt(claims, claim);
    const seconds = numberAt(claims, claim);
    return seconds !== null && seconds > 0 && seconds < LAST_SECOND ? seconds : null;
  } catch {
    return null;
  }
}

function fail(why: string): never {
  throw new RestProblem({
    code: 'slurm.token_unavailable',
    message: `There is no Slurm token: ${why}.`,
    action: 'Correct "token" in backend_config, or what it points to.',
  });
}
