import { execFile, execFileSync } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const SIZE_MB = 48;

/** A file system of its own for attempt directories, small enough to be filled; without root it is a folder that cannot. */
export class SmallDisk {
  private constructor(
    readonly path: string,
    readonly canFill: boolean,
  ) {
    if (canFill) process.once('exit', this.unmountNow);
  }

  static async mount(path: string, sizeMb = SIZE_MB): Promise<SmallDisk> {
    await mkdir(path, { recursive: true });
    const canFill =
      process.getuid?.() === 0 &&
      (await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'meridian-faults', path]).then(
        () => true,
        () => false,
      ));
    return new SmallDisk(path, canFill);
  }

  /** Leaves no room for one more page. */
  async fill(): Promise<void> {
    const file = await open(this.filler, 'w');
    try {
      for (const size of [1 << 20, 1 << 12]) await writeUntilFull(file, Buffer.alloc(size));
    } finally {
      await file.close();
    }
  }

  free = (): Promise<void> => rm(this.filler, { force: true });

  async unmount(): Promise<void> {
    if (!this.canFill) return;
    process.off('exit', this.unmountNow);
    await run('umount', ['-l', this.path]);
  }

  /** However the process ends, it leaves no mount behind. */
  private readonly unmountNow = (): void => {
    execFileSync('umount', ['-l', this.path]);
  };

  private get filler(): string {
    return join(this.path, '.filler');
  }
}

async function writeUntilFull(
  file: { appendFile(data: Buffer): Promise<void> },
  block: Buffer,
): Promise<void> {
  for (;;) {
    try {
      await file.appendFile(block);
    } catch {
      return;
    }
  }
}
