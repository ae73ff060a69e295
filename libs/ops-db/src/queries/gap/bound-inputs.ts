import { sql } from '@meridian/core';

/**
 * What the associations bind to the sub-groups in the statement's relation `target (id)`: as `sub_group_id, item_id, content_hash,
 * size_bytes, hash_a, hash_b, binding`, to stand beside the members, whose binding is empty.
 *
 * With the content that was chosen, not the one that is there now: a run's fingerprint and what it was promised belong together.
 */
export const boundInputs = sql`
  SELECT bound.sub_group_id, bound.item_id, bound.content_hash, item.size_bytes, bound.hash_a, bound.hash_b, bound.name AS binding
  FROM target JOIN sub_group_association bound ON bound.sub_group_id = target.id JOIN data_item item ON item.id = bound.item_id`;

/** Keeps what was bound, and how, with the runs in the statement's relation `fired (id, sub_group_id)`: their provenance. */
export const recordedAssociations = sql`
  INSERT INTO run_association (run_id, name, item_id, content_hash, role, method, offset_seconds, weight, hash_a, hash_b)
  SELECT fired.id, name, item_id, content_hash, role, method, offset_seconds, weight, hash_a, hash_b
  FROM fired JOIN sub_group_association USING (sub_group_id)`;
