import { mountedFiles, type SiteFiles } from '@meridian/hpc';

/** The files of a location whose disk lets a reader wait wherever somebody asks for that. */
export class HeldFiles {
  private readonly holds = new Map<string, () => Promise<void>>();

  /** Before anything of a file with this ending is read for the first time. */
  before(ending: string, wait: () => Promise<void>): void {
    this.holds.set(ending, wait);
  }

  get files(): SiteFiles {
    const waited =
      <Args extends [string, ...unknown[]], Result>(read: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        await this.waitFor(args[0]);
        return read(...args);
      };
    return Object.assign(Object.create(mountedFiles) as SiteFiles, {
      read: waited(mountedFiles.read.bind(mountedFiles)),
      readPart: waited(mountedFiles.readPart.bind(mountedFiles)),
    });
  }

  private async waitFor(path: string): Promise<void> {
    for (const [ending, wait] of this.holds) {
      if (!path.endsWith(ending)) continue;
      this.holds.delete(ending);
      await wait();
    }
  }
}

/** Something that one waits for and another lets happen. */
export class Gate {
  private readonly opened: Promise<void>;
  open: () => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  wait = (): Promise<void> => this.opened;
}
