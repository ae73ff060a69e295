import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { Ending } from './history.js';

/** Connections with a transaction each that stays open across what others do. */
export class Writers {
  private readonly open = new Map<number, QueryRunner>();

  constructor(private readonly dataSource: DataSource) {}

  /** Within the writer's transaction, which begins if there is none. */
  async manager(writer: number): Promise<EntityManager> {
    let runner = this.open.get(writer);
    if (runner === undefined) {
      runner = this.dataSource.createQueryRunner();
      await runner.startTransaction();
      this.open.set(writer, runner);
    }
    return runner.manager;
  }

  async end(writer: number, ending: Ending): Promise<boolean> {
    const runner = this.open.get(writer);
    if (runner === undefined || ending === 'hold') return false;
    this.open.delete(writer);
    try {
      await (ending === 'commit' ? runner.commitTransaction() : runner.rollbackTransaction());
    } finally {
      await runner.release();
    }
    return true;
  }

  async endAll(ending: Exclude<Ending, 'hold'>): Promise<void> {
    for (const writer of [...this.open.keys()]) await this.end(writer, ending);
  }
}
