import { lineageItems, lineageRuns } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { notFound } from '../http/not-found.js';
import type { LineageQuery } from './dto/lineage.dto.js';
import { lineageEdges, LineageItemNode, LineageRunNode, type LineageResponse } from './lineage.response.js';
import { walkLineage } from './walk-lineage.js';

@Injectable()
export class LineageService {
  constructor(private readonly dataSource: DataSource) {}

  /** What an item is made from, or what was made from it; read in one snapshot. */
  show(itemId: number, { direction, depth, limit }: LineageQuery): Promise<LineageResponse> {
    return this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      if ((await lineageItems(manager, [itemId])).length === 0) throw notFound('data_item', itemId);
      const walk = await walkLineage(manager, { itemId, direction, depth, limit });
      const items = await lineageItems(manager, [...walk.itemIds]);
      const runs = await lineageRuns(manager, [...walk.runIds]);
      return {
        root: `item:${itemId}`,
        direction,
        nodes: [
          ...items.map((item) => LineageItemNode.from(item)),
          ...runs.map((run) => LineageRunNode.from(run)),
        ],
        edges: lineageEdges(walk),
        truncated: walk.isTruncated,
      };
    });
  }
}
