import { isJsonObject } from '../shared/json.js';
import type { PipelineDefinition, StepDefinition } from './definition-document.js';
import { graphOf } from './parse-pipeline.js';
import { topologicalOrder } from './topological-order.js';

/**
 * The names of a pipeline's steps in the order in which they are evaluated: each after those that it depends on, and after those
 * whose products it binds as calibrations. Evaluated before them it would not see that they are at work, and would not wait.
 *
 * Two steps may bind what comes of each other; then dependencies alone decide. Null when these are a circle themselves.
 */
export function evaluationOrder({
  name,
  steps,
}: Pick<PipelineDefinition, 'name' | 'steps'>): readonly string[] | null {
  const nodes = graphOf(steps);
  const withProducers = nodes.map((node, index) => ({
    ...node,
    dependsOn: [...node.dependsOn, ...producersOf(steps[index], name)],
  }));
  const order = topologicalOrder(withProducers);
  if (order.kind === 'ordered') return order.names;
  const plain = topologicalOrder(nodes);
  return plain.kind === 'ordered' ? plain.names : null;
}

/** Read without judging: what is stored may have been valid once. */
const producersOf = (step: StepDefinition | undefined, pipeline: string): string[] =>
  (step?.associations ?? []).flatMap((association) => {
    const from = isJsonObject(association) ? association['from'] : undefined;
    if (!isJsonObject(from) || (from['pipeline'] ?? pipeline) !== pipeline) return [];
    return typeof from['step'] === 'string' ? [from['step']] : [];
  });
