import { Client } from 'pg';

/** What a notification may be about; each daemon listens for its own. */
export const WORK_TOPICS = ['evaluate', 'runs', 'results', 'publish', 'purge'] as const;
export type WorkTopic = (typeof WORK_TOPICS)[number];

export interface ListenOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly topics: readonly WorkTopic[];
  readonly wake: () => void;
  readonly onLost: (error: Error) => void;
  readonly retryMs?: number;
}

/**
 * Calls `wake` on every notification about one of `topics`, until the returned function is called.
 *
 * Notifications sent while the connection is down are lost: after each reconnection `wake` is called once, and the
 * poll stays the safety net. Never rejects for a database that is away; it keeps trying.
 */
export async function listenForWork(options: ListenOptions): Promise<() => Promise<void>> {
  let client: Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;

  const connect = async (): Promise<void> => {
    const next = new Client({
      connectionString: options.url,
      application_name: `${options.applicationName}-listen`,
      keepAlive: true,
    });
    const lose = (error: Error): void => {
      if (client !== next || stopped) return;
      client = null;
      options.onLost(error);
      retry();
    };
    next.on('error', lose);
    next.on('end', () => lose(new Error('the connection was closed')));
    next.on('notification', ({ payload }) => {
      if (options.topics.some((topic) => topic === payload)) options.wake();
    });
    client = next;
    try {
      await next.connect();
      await next.query('LISTEN meridian_work');
      options.wake();
    } catch (error) {
      void next.end().catch(() => undefined);
      lose(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const retry = (): void => {
    timer = setTimeout(() => void connect(), options.retryMs ?? 1_000);
  };

  await connect();
  return async () => {
    stopped = true;
    if (timer !== null) clearTimeout(timer);
    await client?.end();
  };
}
