import {
  DomainError,
  judgeQuality,
  measureInWords,
  parseQuality,
  readStored,
  type Dims,
  type MeasuredRule,
  type QualityJudgement,
  type QualityRule,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { insertJudgements, type JudgedRun } from '../queries/quality/insert-judgements.sql.js';
import { listEarlierValues } from '../queries/quality/list-earlier-values.sql.js';
import { loadQualityWork, type QualityWork } from '../queries/quality/load-quality-work.sql.js';
import { measureTable } from '../queries/quality/measure-table.sql.js';

/**
 * Judges completed runs by the rules of their steps, as these are now, and stores what they say. Call it in the transaction that
 * completes the runs, when their metrics, rows and outcomes are there: none is ever complete and not judged.
 */
export async function judgeRuns(manager: EntityManager, runIds: readonly number[]): Promise<void> {
  const judged: JudgedRun[] = [];
  for (const work of await loadQualityWork(manager, runIds))
    judged.push({ runId: work.runId, judgement: await judgementOf(manager, work) });
  await insertJudgements(manager, judged);
}

async function judgementOf(manager: EntityManager, work: QualityWork): Promise<QualityJudgement> {
  let rules: readonly QualityRule[];
  try {
    rules = readStored({ quality: work.quality }, parseQuality);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // Rules are checked when they are defined; if they cannot be read any more, a person must look at the run.
    const finding = {
      measure: 'rules',
      value: null,
      verdict: 'NEEDS_REVIEW' as const,
      reason: error.message,
    };
    return { verdict: 'NEEDS_REVIEW', findings: [finding] };
  }
  const measured: MeasuredRule[] = [];
  for (const rule of rules)
    measured.push({
      rule,
      value: await valueOf(manager, work, rule),
      earlier: await earlierOf(manager, work, rule),
    });
  return judgeQuality(measured);
}

async function valueOf(
  manager: EntityManager,
  work: QualityWork,
  { measure }: QualityRule,
): Promise<number | null> {
  switch (measure.of) {
    case 'metric':
      return work.metrics[measure.name] ?? null;
    case 'item_fraction': {
      const total = Object.values(work.items).reduce((sum, count) => sum + count, 0);
      return total === 0 ? null : (work.items[measure.outcome] ?? 0) / total;
    }
    default:
      return measureTable(manager, work.runId, measure);
  }
}

async function earlierOf(
  manager: EntityManager,
  { runId, stepId, dims }: QualityWork,
  rule: QualityRule,
): Promise<number[]> {
  const { drift, measure } = rule;
  if (drift === null) return [];
  const common: Dims = Object.fromEntries(drift.by.map((name) => [name, dims[name] ?? null]));
  return listEarlierValues(manager, {
    ...{ stepId, before: runId, measure: measureInWords(measure) },
    ...{ dims: common, last: drift.last },
  });
}
