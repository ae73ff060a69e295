import { sql, type SqlFragment } from '@meridian/core';
import { dimsAmong } from '../dims-among.js';
import type { StepSelection } from './step-members.js';

/**
 * What an upstream sub-group `up` says of the sub-groups that it feeds: `known_dims`, the part of their key that it has, and
 * `is_full` when that is the whole of it. One that lacks a dimension may feed every sub-group that agrees on the rest.
 */
export const feedingColumns = ({
  keyNames,
  hasPlainKey,
}: Pick<StepSelection, 'keyNames' | 'hasPlainKey'>): SqlFragment =>
  sql`${hasPlainKey}::boolean AND up.common_dims ?& ${keyNames}::text[] AS is_full, ${dimsAmong('up.common_dims', keyNames)} AS known_dims`;
