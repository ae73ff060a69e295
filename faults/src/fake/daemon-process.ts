import { readSettings } from '@meridian/core';
import type { Logger, Pass } from '@meridian/daemon';
import { mountedFiles, type HpcBackend } from '@meridian/hpc';
import { databaseTime, opsDataSource } from '@meridian/ops-db';
import {
  ClearAttemptsPass,
  CollectResultsPass,
  ObserveJobsPass,
  PublishProductsPass,
  PurgeLocationsPass,
  WithdrawProductsPass,
} from '@meridian/result-manager';
import { EvaluateGapsPass, TrimChangesPass } from '@meridian/trigger-manager';
import { WORKFLOW_MANAGER_SETTINGS, workflowManagerPasses } from '@meridian/workflow-manager';
import type { DataSource } from 'typeorm';
import type { Actor } from './actor.js';
import type { DaemonName } from './daemons.js';
import { asActor } from './watched-files.js';
import { WatchedBackend, watchDataSource } from './watched.js';

/** Small, so that a world of a few dozen runs has many batches. */
const BATCH = 5;

export interface DaemonOptions {
  readonly actor: Actor;
  readonly url: string;
  readonly backend: HpcBackend;
  readonly logger: Logger;
}

/** One process of a daemon: its passes with the settings that daemons have by default, over connections of its own. */
export class DaemonProcess {
  private constructor(
    readonly actor: Actor,
    private readonly dataSource: DataSource,
    private readonly passes: readonly Pass[],
    private readonly onPassFailed: (pass: string, error: unknown) => void,
  ) {}

  static async start(
    options: DaemonOptions,
    onPassFailed: (pass: string, error: unknown) => void,
  ): Promise<DaemonProcess> {
    const { actor, url } = options;
    const dataSource = await opsDataSource({ url, applicationName: actor.name, poolSize: 3 }).initialize();
    const backend = new WatchedBackend(options.backend, actor);
    const watched = watchDataSource(dataSource, actor);
    const passes = PASSES[actor.daemon](options, watched, backend);
    return new DaemonProcess(actor, dataSource, passes, onPassFailed);
  }

  /** Every pass once, in order; one that fails does not keep the next from its turn, as in the poll loop. */
  tick(): void {
    const { signal } = new AbortController();
    this.actor.startTick(() =>
      asActor(this.actor, async () => {
        for (const pass of this.passes) {
          if (this.actor.isDead) return;
          await pass.run(signal).catch((error: unknown) => {
            if (!this.actor.isDead) this.onPassFailed(pass.name, error);
          });
        }
      }),
    );
  }

  /** The process is gone: its connections close, and what it had open is rolled back. */
  async bury(): Promise<void> {
    this.actor.isDead = true;
    await this.actor.cutConnections();
    await this.actor.ended();
    await this.dataSource.destroy();
  }
}

type MakePasses = (options: DaemonOptions, dataSource: DataSource, backend: HpcBackend) => Pass[];

const PASSES: Readonly<Record<DaemonName, MakePasses>> = {
  'trigger-manager': ({ actor, logger }, dataSource) => [
    new EvaluateGapsPass({ dataSource, actor: actor.name, logger, now: databaseTime, fireLimit: 100 }),
    new TrimChangesPass({ dataSource, logger, now: databaseTime }),
  ],
  'workflow-manager': workflowPasses,
  'result-manager': resultPasses,
};

function workflowPasses(options: DaemonOptions, dataSource: DataSource, backend: HpcBackend): Pass[] {
  const { actor, url, logger } = options;
  return workflowManagerPasses({
    settings: { ...readSettings(WORKFLOW_MANAGER_SETTINGS, { DATABASE_URL: url }), batchSize: BATCH },
    dataSource,
    backendOf: () => backend,
    filesOf: () => mountedFiles,
    problemOf: () => null,
    owner: actor.name,
    now: actor.now,
    logger,
  });
}

function resultPasses(options: DaemonOptions, dataSource: DataSource, backend: HpcBackend): Pass[] {
  const { actor, logger } = options;
  const common = { dataSource, actor: actor.name, logger, filesOf: () => mountedFiles };
  const rules = { hashPolicy: 'sample', recordGraceSeconds: 10, diskPatienceSeconds: 600 } as const;
  return [
    new ObserveJobsPass({
      ...common,
      now: actor.now,
      backendOf: () => backend,
      intervalMs: 1_600,
      unknownAfterSeconds: 300,
      forgottenAfterSeconds: 30,
    }),
    new CollectResultsPass({ ...common, rules, leaseSeconds: 30, batchSize: BATCH }),
    new PublishProductsPass({ ...common, leaseSeconds: 30, batchSize: BATCH, retrySeconds: 30 }),
    new WithdrawProductsPass({ ...common, batchSize: BATCH, lookEveryMs: 0, watchSeconds: 400 }),
    new PurgeLocationsPass({ ...common, leaseSeconds: 30, batchSize: BATCH, lookEveryMs: 0 }),
    new ClearAttemptsPass({ ...common, leaseSeconds: 30, batchSize: BATCH, lookEveryMs: 0 }),
  ];
}
