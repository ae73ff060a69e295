import { AsyncLocalStorage } from 'node:async_hooks';
import fs, { promises } from 'node:fs';
import { basename } from 'node:path';
import type { Actor } from './actor.js';

/** Everything by which Meridian's daemons change a disk; reading changes nothing, so nobody need die there. */
const CHANGES = ['mkdir', 'rename', 'unlink', 'rm', 'rmdir', 'symlink', 'writeFile'] as const;
type Change = (typeof CHANGES)[number];

const HALF = 0.5;
const doing = new AsyncLocalStorage<Actor>();

/** Whatever `work` changes on a disk, directly or not, is a step of the actor. */
export const asActor = <Result>(actor: Actor, work: () => Promise<Result>): Promise<Result> =>
  doing.run(actor, work);

/**
 * Puts every change of a disk that an actor makes before the world, as its statements are; what anybody else does stays as it is.
 * A dead actor changes nothing any more, also where its code would clean up: nobody does after a kill -9. Returns what undoes it.
 */
export function watchFiles(): () => void {
  const original = { ...promises };
  const { createWriteStream } = fs;
  const watched = Object.fromEntries(CHANGES.map((change) => [change, watchedChange(change)]));
  Object.assign(promises, watched);
  Object.assign(fs, { createWriteStream: watchedStream(createWriteStream) });
  return () => {
    for (const change of CHANGES) Object.assign(promises, { [change]: original[change] });
    Object.assign(fs, { createWriteStream });
  };
}

type Work = (...args: unknown[]) => Promise<unknown>;

function watchedChange(change: Change): Work {
  const original = promises[change].bind(promises) as Work;
  return (...args) => {
    const actor = doing.getStore();
    if (actor === undefined) return original(...args);
    const half = (): Promise<unknown> =>
      change === 'writeFile'
        ? original(args[0], halfOf(String(args[1])), ...args.slice(2))
        : Promise.resolve();
    return actor.step({ kind: 'file', name: nameOf(change, args) }, () => original(...args), half);
  };
}

/** Two attempts at the same have the same name: what is random in it is left out. */
const nameOf = (change: string, args: readonly unknown[]): string => {
  const path = change === 'rename' || change === 'symlink' ? args[1] : args[0];
  return `${change} ${String(path)}`.replaceAll(/[0-9a-f-]{36,}/g, '*').replace(/\/proc\/self\/fd\/\d+/, '*');
};

const halfOf = (text: string): string => text.slice(0, Math.floor(text.length * HALF));

type CreateWriteStream = typeof fs.createWriteStream;
type StreamFiles = NonNullable<Exclude<Parameters<CreateWriteStream>[1], string | undefined>['fs']>;
type Written = (error: Error | null, written: number, bytes: Uint8Array) => void;

function watchedStream(original: CreateWriteStream): CreateWriteStream {
  return (path, options) => {
    const actor = doing.getStore();
    if (actor === undefined) return original(path, options);
    const given = typeof options === 'object' ? options : {};
    return original(path, { ...given, fs: streamFiles(actor, basename(String(path))) });
  };
}

/** What a stream writes with: opening is a change as well, closing is what the kernel does for the dead. */
function streamFiles(actor: Actor, name: string): StreamFiles {
  const step = { kind: 'file', name: nameOf('write', [name]) } as const;
  const write = (fd: number, bytes: Uint8Array, offset: number, length: number, place: number | null) =>
    new Promise<number>((resolve, reject) => {
      fs.write(fd, bytes, offset, length, place, (error, written) =>
        error === null ? resolve(written) : reject(error),
      );
    });
  return {
    open: (...args: Parameters<typeof fs.open>) => fs.open(...args),
    close: (fd: number, done: fs.NoParamCallback) => fs.close(fd, done),
    write: (fd: number, bytes: Uint8Array, ...rest: [number, number, number | null, Written]) => {
      const [offset, length, place, done] = rest;
      actor
        .step(
          step,
          () => write(fd, bytes, offset, length, place),
          () => write(fd, bytes, offset, Math.floor(length * HALF), place),
        )
        .then(
          (written) => done(null, written, bytes),
          (error: unknown) => done(error as Error, 0, bytes),
        );
    },
  };
}
