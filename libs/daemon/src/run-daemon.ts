import { NestFactory } from '@nestjs/core';
import { DaemonModule, type Daemon } from './daemon.module.js';
import { nestLogger } from './logger.js';

/**
 * Starts the daemon and returns when it runs. It stops, letting the piece of work in hand finish, on SIGTERM, on
 * SIGINT, and when a supervisor that started it with an IPC channel is gone.
 */
export async function runDaemon(daemon: Daemon): Promise<void> {
  const app = await NestFactory.createApplicationContext(DaemonModule.register(daemon), {
    logger: nestLogger(daemon.logger),
  });
  let stopping: Promise<void> | null = null;
  const stop = (reason: string): void => {
    if (stopping !== null) return;
    daemon.logger.info({ reason }, `${daemon.name} is stopping`);
    stopping = app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        daemon.logger.fatal({ err: error }, `${daemon.name} did not stop cleanly`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', () => stop('SIGTERM'));
  process.once('SIGINT', () => stop('SIGINT'));
  process.once('disconnect', () => stop('the supervisor is gone'));
}
