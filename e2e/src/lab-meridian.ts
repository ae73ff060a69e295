import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabSite } from '@meridian/hpc/testing';
import type { Lab } from './lab-cluster.js';
import { MeridianHome, type HomeOptions, type Run } from './meridian-home.js';
import { registerRawFiles } from './raw-files.js';

export interface Attempt {
  readonly number: number;
  readonly job_id: string | null;
  readonly memory_mb: number;
  readonly walltime_minutes: number;
  readonly failure_class: string | null;
}

export interface RunDetails extends Run {
  readonly inputs: readonly { readonly name: string }[];
  readonly attempts: readonly Attempt[];
  readonly events: readonly { readonly to: string; readonly reason: string | null }[];
}

export interface LabPipelinePlan {
  readonly name: string;
  readonly site: LabSite;
  /** POSIX sh, run once for each attempt; what it prints to `out.txt` in its output directory is its product. */
  readonly script: string;
  /** Contents of the raw files; one run for each. */
  readonly files?: readonly string[];
  readonly resources?: Readonly<Record<string, number>>;
  readonly retry?: object;
  /** Of the location, over what it has otherwise. */
  readonly location?: Readonly<Record<string, unknown>>;
  readonly backendConfig?: Readonly<Record<string, unknown>>;
  /** Of the software, over what it has otherwise. */
  readonly software?: Readonly<Record<string, unknown>>;
  /** What happens when the pipeline is defined and before it has anything to do. */
  readonly meanwhile?: () => void;
}

const ONE_FILE = ['a'];
const IS_OVER = /^(COMPLETED|FAILED|CANCELLED)/;

/** Meridian as the lab's user, with the lab as the place where its jobs run. */
export class LabMeridian {
  private constructor(
    readonly lab: Lab,
    readonly home: MeridianHome,
    /** Below it the jobs of this Meridian work. */
    readonly base: string,
  ) {}

  static async start(lab: Lab, settings: HomeOptions['settings'] = {}): Promise<LabMeridian> {
    const home = await MeridianHome.create({ user: lab.user, settings });
    const meridian = new LabMeridian(lab, home, lab.newBase());
    await home.mustMeridian('up', '--detach');
    return meridian;
  }

  async remove(): Promise<void> {
    await this.home.remove();
    this.lab.removeBase(this.base);
  }

  /** Defines a pipeline of one step, and registers its raw files: its runs start at once. */
  async pipeline(plan: LabPipelinePlan): Promise<LabPipeline> {
    const [pipeline] = await this.pipelines([plan]);
    if (pipeline === undefined) throw new Error('no pipeline was planned');
    return pipeline;
  }

  /** Several in one file of definitions. */
  async pipelines(plans: readonly LabPipelinePlan[]): Promise<LabPipeline[]> {
    const folder = join(this.home.directory, 'data');
    const pipelines = plans.map((plan) => this.prepare(plan));
    const file = join(folder, `${plans[0]?.name}.yaml`);
    writeFileSync(file, JSON.stringify(merged(plans.map((plan) => this.definitions(plan)))));
    await this.home.mustMeridian('apply', file);
    for (const { name, files = ONE_FILE, meanwhile } of plans) {
      meanwhile?.();
      await registerRawFiles(this.home, {
        location: `${name}-raw`,
        folder: join(folder, name, 'raw'),
        contents: Object.fromEntries(files.map((content, at) => [`${name}-${at}.fits`, content])),
        dims: { dataset: name },
      });
    }
    return pipelines;
  }

  private prepare({ name, script, files = ONE_FILE }: LabPipelinePlan): LabPipeline {
    const folder = join(this.home.directory, 'data', name);
    mkdirSync(join(folder, 'raw'), { recursive: true });
    mkdirSync(join(folder, 'program'));
    writeFileSync(join(folder, 'program', 'program.sh'), programOf(script));
    writeFileSync(this.booksOf(name), '');
    this.lab.give(this.booksOf(name));
    return new LabPipeline(this, { name, runCount: files.length, books: this.booksOf(name) });
  }

  private booksOf = (name: string): string => join(this.base, `${name}.books`);

  private definitions(plan: LabPipelinePlan) {
    const { name, site, resources = {}, retry = {} } = plan;
    const location = `${name}-at`;
    return {
      software: [
        {
          name,
          version: '1.0.0',
          directory: `${name}/program`,
          files: ['program.sh'],
          command: ['sh', '{software_dir}/program.sh'],
          environment: { BOOKS: this.booksOf(name) },
          ...plan.software,
        },
      ],
      locations: [
        {
          name: location,
          kind: 'PROCESSING',
          base_path: this.base,
          backend: site.replace('lab', 'slurm'),
          runtime: 'host',
          backend_config: { ...this.lab.backendConfig(site), ...plan.backendConfig },
          ...plan.location,
        },
        { name: `${name}-raw`, kind: 'SOURCE', base_path: join(this.home.directory, 'data', name, 'raw') },
      ],
      groupings: [{ name, filter: [{ dim: 'dataset', operator: 'eq', value: name }] }],
      pipelines: [
        {
          name,
          grouping: name,
          location,
          trigger: 'CONTINUOUS',
          steps: [
            {
              name: 'only',
              software: name,
              group_by: ['raw_data_file'],
              resources: { cpus: 1, memory_mb: 100, walltime_minutes: 5, ...resources },
              retry: { backoff_seconds: 1, ...retry },
              outputs: {
                required: [{ pattern: 'out.txt' }],
                rules: [{ pattern: 'out.txt', type: 'SCIENCE' }],
              },
            },
          ],
        },
      ],
    };
  }
}

/** One file of definitions out of several. */
const merged = (parts: readonly Readonly<Record<string, readonly unknown[]>>[]) => {
  const whole: Record<string, unknown[]> = {};
  for (const part of parts)
    for (const [key, entries] of Object.entries(part)) whole[key] = [...(whole[key] ?? []), ...entries];
  return whole;
};

/** Every execution writes itself down in a file that Meridian knows nothing of: what is tested is not believed. */
const programOf = (script: string): string =>
  `set -eu\nprintf '%s.%s\\n' "$WORKFLOW_RUN_ID" "$WORKFLOW_ATTEMPT" >>"$BOOKS"\ncd "$WORKFLOW_OUTPUT_DIR"\n${script}\n`;

interface Expected {
  readonly name: string;
  readonly runCount: number;
  readonly books: string;
}

export class LabPipeline {
  readonly name: string;
  readonly books: string;
  private readonly runCount: number;

  constructor(
    private readonly meridian: LabMeridian,
    { name, runCount, books }: Expected,
  ) {
    this.name = name;
    this.runCount = runCount;
    this.books = books;
  }

  /** `run.attempt` of every execution of the program, in the order of their starts. */
  executions(): string[] {
    return readFileSync(this.books, 'utf8').split('\n').filter(Boolean);
  }

  async runs(): Promise<RunDetails[]> {
    const { home } = this.meridian;
    const runs = await home.runs(this.name);
    return Promise.all(runs.sort((a, b) => a.id - b.id).map(({ id }) => home.get<RunDetails>(`/runs/${id}`)));
  }

  /** All runs of the pipeline, once they are as `isSo` wants them. */
  async until(what: string, seconds: number, isSo: (runs: readonly Run[]) => boolean): Promise<RunDetails[]> {
    const { home } = this.meridian;
    await home.until(`${this.name}: ${what}`, seconds, async () => {
      const runs = await home.runs(this.name);
      return runs.length === this.runCount && isSo(runs) ? true : null;
    });
    return this.runs();
  }

  /** All runs, once they ended. */
  ended(seconds = 120): Promise<RunDetails[]> {
    return this.until('its runs end', seconds, (runs) => runs.every(({ status }) => IS_OVER.test(status)));
  }

  /** The one run of a pipeline of one file, once its job runs its program. */
  async running(seconds = 60): Promise<RunDetails> {
    const [run] = await this.until('its run runs', seconds, (runs) =>
      runs.every((one) => one.status === 'RUNNING' && this.executions().includes(`${one.id}.${one.attempt}`)),
    );
    if (run === undefined) throw new Error(`${this.name} has no run`);
    return run;
  }
}

/** The job of a run's newest attempt. */
export function jobOf(run: RunDetails): string {
  const id = run.attempts.at(-1)?.job_id ?? null;
  if (id === null) throw new Error(`run ${run.id} has no job`);
  return id;
}

/** `CLASS` of every attempt that failed, in order, and the end. */
export const storyOf = (run: RunDetails): string =>
  [...run.attempts.flatMap(({ failure_class }) => failure_class ?? []), run.status].join(' → ');
