import { parseAssociations } from '../association/parse-associations.js';
import type { Problem } from '../shared/domain-error.js';
import type { PipelineDefinition, StepDefinition } from './definition-document.js';
import { jsonPointer } from './json-pointer.js';
import type { StoredPipeline } from './plan-definitions.js';

/** A step of some pipeline. */
interface Place {
  readonly pipeline: string;
  readonly step: string;
}
type Graph = ReadonlyMap<string, StepDefinition>;

/**
 * Circles of steps that need each other's products, by associations or by associations and dependencies: each once, at an
 * association of the file that closes it. Circles of dependencies alone are found where a pipeline is read.
 *
 * A circle has an association of the file in it when it has any step of the file: that is how it comes back to its pipeline.
 */
export function associationCircles(
  wanted: readonly PipelineDefinition[],
  stored: readonly StoredPipeline[],
): Problem[] {
  const graph = graphOfAll(wanted, stored);
  const found = new Map<string, Problem>();
  wanted.forEach(({ name: pipeline, steps }, index) => {
    steps.forEach((step, stepIndex) => {
      const start = { pipeline, step: step.name };
      boundBy(start, step).forEach((producer, associationIndex) => {
        const way = producer === null || isSame(producer, start) ? null : shortestWay(graph, producer, start);
        if (way === null) return;
        const circle = [start, ...way];
        const key = circle.slice(1).map(keyOf).sort().join(' ');
        const path = jsonPointer(
          'pipelines',
          index,
          'steps',
          stepIndex,
          'associations',
          associationIndex,
          'from',
        );
        if (!found.has(key)) found.set(key, { code: 'associations.circle', path, message: inWords(circle) });
      });
    });
  });
  return [...found.values()];
}

/** Every step that lives once the file is applied. */
function graphOfAll(wanted: readonly PipelineDefinition[], stored: readonly StoredPipeline[]): Graph {
  const named = new Set(wanted.map(({ name }) => name));
  const others = stored
    .filter(({ definition }) => !named.has(definition.name))
    .map(({ definition, steps }) => ({
      name: definition.name,
      steps: steps.filter(({ isRetired }) => !isRetired).map((step) => step.definition),
    }));
  return new Map(
    [...wanted, ...others].flatMap(({ name: pipeline, steps }) =>
      steps.map((step) => [keyOf({ pipeline, step: step.name }), step] as const),
    ),
  );
}

/** For each association of a step the step that it is bound to; null when it is not bound to one. */
const boundBy = ({ pipeline }: Place, step: StepDefinition): (Place | null)[] =>
  parseAssociations(step.associations).map(({ from }) =>
    from === null ? null : { pipeline: from.pipeline ?? pipeline, step: from.step },
  );

const needsOf = (place: Place, step: StepDefinition): Place[] => [
  ...step.depends_on.map((upstream) => ({ pipeline: place.pipeline, step: upstream })),
  ...boundBy(place, step).filter((producer) => producer !== null),
];

/** From one step to another by what each needs, both included; null when there is none. */
function shortestWay(graph: Graph, from: Place, to: Place): Place[] | null {
  const seen = new Set([keyOf(from)]);
  let ways: Place[][] = [[from]];
  while (ways.length > 0) {
    const longer: Place[][] = [];
    for (const way of ways) {
      const last = way[way.length - 1] ?? from;
      if (isSame(last, to)) return way;
      const step = graph.get(keyOf(last));
      const next = step === undefined ? [] : needsOf(last, step).filter((place) => !seen.has(keyOf(place)));
      for (const place of next) seen.add(keyOf(place));
      longer.push(...next.map((place) => [...way, place]));
    }
    ways = longer;
  }
  return null;
}

function inWords(circle: readonly Place[]): string {
  const isOfOnePipeline = circle.every(({ pipeline }) => pipeline === circle[0]?.pipeline);
  const names = circle.map((place) => (isOfOnePipeline ? place.step : keyOf(place)));
  return `the steps wait for each other in a circle: ${names.join(' → ')}; none of them could begin, or each would make the others run again for ever: bind the products of a step outside the circle, or leave out one of these associations`;
}

/** Neither name can have a slash in it. */
const keyOf = ({ pipeline, step }: Place): string => `${pipeline}/${step}`;
const isSame = (left: Place, right: Place): boolean => keyOf(left) === keyOf(right);
