import { DaemonHeartbeat, databaseTime } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

@Injectable()
export class DaemonsService {
  constructor(private readonly dataSource: DataSource) {}

  /** Heartbeats, with the database's own time: it stamped them, and clocks of hosts differ. */
  async list(): Promise<{ beats: DaemonHeartbeat[]; now: Date }> {
    const beats = await this.dataSource
      .getRepository(DaemonHeartbeat)
      .find({ order: { daemon: 'ASC', instance: 'ASC' } });
    return { beats, now: await databaseTime(this.dataSource.manager) };
  }
}
