/** SFTP's status codes, and what node:fs calls the same. */
const NO_SUCH_FILE = 2;
const CODES: Readonly<Record<number, string>> = { [NO_SUCH_FILE]: 'ENOENT', 3: 'EACCES' };

/** An SFTP operation that the other side refused, or did not answer. */
export class SftpError extends Error {
  /** As in node:fs where SFTP tells; most of its failures are just that. */
  readonly code: string | undefined;

  constructor(
    what: string,
    /** SFTP's status code; null when there was no answer. */
    readonly status: number | null,
    reason: string,
  ) {
    super(`${what}: ${reason}`);
    this.code = status === null ? undefined : CODES[status];
  }

  /** The connection is gone, or as good as gone. */
  get isSilence(): boolean {
    return this.status === null;
  }

  get isMissing(): boolean {
    return this.status === NO_SUCH_FILE;
  }
}

export type SftpCallback<T> = (error?: Error | null, value?: T) => void;

/** The answer to one request. `what`: words for an error, as in "reading /data/x". */
export function askSftp<T>(
  what: string,
  timeoutMs: number,
  call: (done: SftpCallback<T>) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new SftpError(what, null, 'no answer')), timeoutMs).unref();
    call((error, value) => {
      clearTimeout(timer);
      if (error === undefined || error === null) return resolve(value as T);
      const { code } = error as { code?: unknown };
      reject(new SftpError(what, typeof code === 'number' ? code : null, error.message));
    });
  });
}
