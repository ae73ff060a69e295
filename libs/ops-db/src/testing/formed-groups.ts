import {
  compileGroupBy,
  parseGroupingRule,
  sql,
  type Dims,
  type GroupingRule,
  type JsonObject,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import type { StepSelection } from '../queries/gap/step-members.js';
import { queryRows } from '../sql.js';

export type Formable = Exclude<GroupingRule, { kind: 'by' }>;
/** A rule of one of the kinds that are formed; the text is that of a step's group_by. */
export function formable(json: unknown): Formable {
  const rule = parseGroupingRule(json);
  if (rule.kind === 'by') throw new Error('this grouping has no kind');
  return rule;
}

/** Items with a dimension `world`. */
export const worldSelection = (stepId: number, rule: Formable): StepSelection => ({
  stepId,
  isStored: true,
  tables: new Set(),
  filter: sql`item.dims ? 'world'`,
  terms: rule.terms,
  keyDims: compileGroupBy(rule.terms),
  keyNames: rule.terms.map(({ name }) => name),
  hasPlainKey: true,
  upstreamStepIds: [],
  takesRaw: true,
  archiveItems: 0,
  productTypes: [],
  pathPattern: null,
  slotDim: null,
});

export interface StoredGroup {
  id: number;
  dims: Dims;
  memberIds: number[];
  report: JsonObject;
}
/** The sub-groups of a step that have members. */
export const storedGroups = (manager: EntityManager, stepId: number): Promise<StoredGroup[]> =>
  queryRows<StoredGroup>(
    manager,
    sql`
    SELECT g.id, g.dims, g.report, (SELECT coalesce(jsonb_agg(item_id ORDER BY item_id), '[]') FROM sub_group_member m WHERE m.sub_group_id = g.id) AS "memberIds"
    FROM sub_group g WHERE g.step_id = ${stepId} AND g.member_count > 0 ORDER BY g.dims`,
  );
