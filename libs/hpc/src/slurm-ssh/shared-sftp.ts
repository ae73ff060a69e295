import type { SFTPWrapper } from 'ssh2';
import { SftpError } from './ask-sftp.js';
import type { SshConnection } from './ssh-connection.js';

/** What gives SFTP to those who need it: the connection a channel each, or `SharedSftp` one for all. */
export interface SftpChannels {
  withSftp<T>(work: (sftp: SFTPWrapper) => Promise<T>): Promise<T>;
}

interface Session {
  readonly sftp: Promise<SFTPWrapper>;
  /** Rejects when the channel is gone. */
  readonly lost: Promise<never>;
  readonly giveBack: () => void;
  users: number;
  idle?: NodeJS.Timeout;
}

/** Work that follows within this time finds the channel open. */
const LINGER_MS = 1_000;

/**
 * One SFTP channel for everybody: opening one costs several round trips and a process at the site, and requests need not wait for
 * each other in it. It is held only while somebody needs it, and shortly after.
 */
export class SharedSftp implements SftpChannels {
  private session: Session | null = null;

  constructor(private readonly connection: SshConnection) {}

  async withSftp<T>(work: (sftp: SFTPWrapper) => Promise<T>): Promise<T> {
    const session = (this.session ??= this.open());
    session.users += 1;
    clearTimeout(session.idle);
    try {
      return await Promise.race([work(await session.sftp), session.lost]);
    } finally {
      session.users -= 1;
      if (session.users === 0) session.idle = setTimeout(() => this.end(session), LINGER_MS).unref();
    }
  }

  /** Now, whoever waits for an answer. */
  close(): void {
    if (this.session !== null) this.end(this.session);
  }

  private open(): Session {
    const returned = promise<void>();
    const lost = promise<never>();
    const opened = promise<SFTPWrapper>();
    // Nobody may be waiting when it happens.
    lost.promise.catch(() => undefined);
    opened.promise.catch(() => this.forget(session));
    const session: Session = {
      sftp: opened.promise,
      lost: lost.promise,
      giveBack: () => returned.resolve(),
      users: 0,
    };
    this.connection
      .withSftp(async (sftp) => {
        const gone = (): void => {
          this.forget(session);
          lost.reject(new SftpError('SFTP', null, 'the connection was lost'));
          returned.resolve();
        };
        sftp.once('close', gone).once('error', gone);
        opened.resolve(sftp);
        await returned.promise;
      })
      .catch(opened.reject);
    return session;
  }

  private end(session: Session): void {
    clearTimeout(session.idle);
    this.forget(session);
    session.giveBack();
  }

  private forget(session: Session): void {
    if (this.session === session) this.session = null;
  }
}

function promise<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const made = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise: made, resolve, reject };
}
