import type { Logger } from './logger.js';

export interface Renewal {
  readonly everyMs: number;
  readonly renew: () => Promise<unknown>;
  readonly logger: Logger;
}

/**
 * Does `work` while renewing the leases it is done under; stops renewing when it ends, however it ends.
 *
 * A renewal that fails is logged and tried again: the statements that follow check the lease themselves, so
 * losing it costs the work and nothing else.
 */
export async function whileRenewing<Result>(
  { everyMs, renew, logger }: Renewal,
  work: () => Promise<Result>,
): Promise<Result> {
  let renewal: Promise<void> = Promise.resolve();
  let isRenewing = false;
  const timer = setInterval(() => {
    if (isRenewing) return;
    isRenewing = true;
    renewal = renew()
      .then(
        () => undefined,
        (error: unknown) => logger.warn({ err: error }, 'leases not renewed, will be tried again'),
      )
      .finally(() => (isRenewing = false));
  }, everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await renewal;
  }
}
