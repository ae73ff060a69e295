import { messageOf } from '@meridian/core';
import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import type { Logger } from './logger.js';
import type { Pass, PassReport } from './pass.js';
import { PollLoop } from './poll-loop.js';

/** Stops listening. */
export type StopListening = () => Promise<void>;

/** All that makes one daemon different from another. */
export interface Daemon {
  readonly name: string;
  readonly passes: readonly Pass[];
  readonly logger: Logger;
  readonly pollIntervalMs: number;
  readonly heartbeatIntervalMs: number;
  /** Tells the world that this process is alive and how its passes fare. */
  beat(passes: Readonly<Record<string, PassReport>>): Promise<void>;
  /** Calls `wake` whenever there may be work. */
  listen(wake: () => void): Promise<StopListening>;
  /** Releases what the passes held, after the last one returned. */
  close(): Promise<void>;
}

export const DAEMON = Symbol('daemon');

/** Drives a daemon: polls, is woken, beats, and stops cleanly. */
@Module({ imports: [ScheduleModule.forRoot()] })
export class DaemonModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly loop: PollLoop;
  private stopListening: StopListening | null = null;

  constructor(
    @Inject(DAEMON) private readonly daemon: Daemon,
    @Inject(SchedulerRegistry) private readonly schedule: SchedulerRegistry,
  ) {
    this.loop = new PollLoop({ passes: daemon.passes, logger: daemon.logger, now: () => new Date() });
  }

  static register(daemon: Daemon): DynamicModule {
    return { module: DaemonModule, providers: [{ provide: DAEMON, useValue: daemon }] };
  }

  async onApplicationBootstrap(): Promise<void> {
    this.stopListening = await this.daemon.listen(() => this.loop.wake());
    this.schedule.addInterval(
      'poll',
      setInterval(() => this.loop.poll(), this.daemon.pollIntervalMs),
    );
    this.schedule.addInterval(
      'heartbeat',
      setInterval(() => void this.beat(), this.daemon.heartbeatIntervalMs),
    );
    await this.beat();
    this.loop.wake();
    this.daemon.logger.info(
      { passes: this.daemon.passes.map((pass) => pass.name) },
      `${this.daemon.name} is running`,
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    await this.stopListening?.();
    await this.daemon.close();
    this.daemon.logger.info(`${this.daemon.name} stopped`);
  }

  private async beat(): Promise<void> {
    try {
      await this.daemon.beat(Object.fromEntries(this.loop.reports));
    } catch (error) {
      this.daemon.logger.warn({ reason: messageOf(error) }, 'heartbeat not written');
    }
  }
}
