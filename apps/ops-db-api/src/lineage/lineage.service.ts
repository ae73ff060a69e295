import { subjectText, type Subject } from '@meridian/core';
import {
  lineageDown,
  lineageGraph,
  lineageItems,
  lineageRuns,
  lineageUp,
  listRunsMadeWith,
  measureImpact,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { LineageQuery } from './dto/lineage.dto.js';
import { ImpactResponse } from './impact.response.js';
import { lineageEdges, LineageItemNode, LineageRunNode, type LineageResponse } from './lineage.response.js';
import { mustBeKnown } from './must-be-known.js';
import { walkLineage, type LineageStart, type LineageWalk } from './walk-lineage.js';

@Injectable()
export class LineageService {
  constructor(private readonly dataSource: DataSource) {}

  /** What a subject is made from, or what was made from it; read in one snapshot. */
  show(subject: Subject, { direction, depth, limit }: LineageQuery): Promise<LineageResponse> {
    return this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      await mustBeKnown(manager, subject);
      const roots = await rootsOf(manager, subject, limit);
      const start = { ...roots, direction, limit };
      const walk =
        depth === undefined ? await walkAll(manager, start) : await walkLineage(manager, { ...start, depth });
      const items = await lineageItems(manager, [...walk.itemIds]);
      const runs = await lineageRuns(manager, [...walk.runIds]);
      return {
        root: subjectText(subject),
        direction,
        nodes: [
          ...items.map((item) => LineageItemNode.from(item)),
          ...runs.map((run) => LineageRunNode.from(run)),
        ],
        edges: lineageEdges(walk),
        truncated: walk.isTruncated || roots.isCut,
      };
    });
  }

  /** What was made with a subject, and of that again. */
  impact(subject: Subject, limit: number): Promise<ImpactResponse> {
    return this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      await mustBeKnown(manager, subject);
      return ImpactResponse.from(subjectText(subject), await measureImpact(manager, subject, limit));
    });
  }
}

/** Where a walk begins: at an item, or at runs. */
async function rootsOf(
  manager: EntityManager,
  subject: Subject,
  limit: number,
): Promise<Pick<LineageStart, 'itemIds' | 'runIds'> & { readonly isCut: boolean }> {
  if (subject.kind === 'item') return { itemIds: [subject.itemId], runIds: [], isCut: false };
  const runIds = await listRunsMadeWith(manager, subject, limit + 1);
  return { itemIds: [], runIds: runIds.slice(0, limit), isCut: runIds.length > limit };
}

/** To any depth: one closure, then the edges of what is shown of it. */
async function walkAll(
  manager: EntityManager,
  { itemIds, runIds, direction, limit }: LineageStart,
): Promise<LineageWalk> {
  const reach = direction === 'up' ? lineageUp : lineageDown;
  const closure = await reach(manager, { itemIds, runIds, mostRuns: limit });
  const edges = await lineageGraph(manager, { ...closure, limit: limit + 1 });
  const shown = edges.slice(0, limit);
  return {
    itemIds: new Set([...itemIds, ...shown.map((edge) => edge.itemId)]),
    runIds: new Set([...runIds, ...shown.map((edge) => edge.runId)]),
    used: shown.filter(({ relation }) => relation === 'used'),
    generated: shown.filter(({ relation }) => relation === 'generated'),
    isTruncated: closure.isCut || edges.length > limit,
  };
}
