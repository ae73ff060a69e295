import { checkCronSchedule } from '../trigger/cron-schedule.js';
import { isJsonObject } from '../shared/json.js';
import type {
  CronTrigger,
  PipelineDefinition,
  PipelineTrigger,
  StepDefinition,
} from './definition-document.js';
import type { DocumentReader } from './document-reader.js';
import { suggestion } from './nearest-name.js';
import { parseStep, STEP_KEYS } from './parse-step.js';
import { topologicalOrder, type GraphNode } from './topological-order.js';

export const PIPELINE_KEYS = [
  'name',
  'description',
  'grouping',
  'location',
  'trigger',
  'priority',
  'enabled',
  'steps',
] as const;

/** One pipeline with its steps in the order of the file, so that problems can still point into it. */
export function parsePipeline(reader: DocumentReader): PipelineDefinition {
  const steps = reader.objects('steps', STEP_KEYS, parseStep);
  if (steps.length === 0) reader.report('pipeline.no_steps', 'steps', 'a pipeline needs at least one step');
  return {
    name: reader.slug('name'),
    description: reader.optionalText('description') ?? '',
    grouping: reader.requiredText('grouping'),
    location: reader.requiredText('location'),
    trigger: parseTrigger(reader),
    priority: reader.integer('priority', 0, { min: -1_000_000, max: 1_000_000 }),
    enabled: reader.boolean('enabled', null),
    steps: checkGraph(reader, steps),
  };
}

function parseTrigger(reader: DocumentReader): PipelineTrigger {
  const given = reader.raw('trigger');
  if (isJsonObject(given)) return parseCronTrigger(reader);
  if (given === undefined || given === 'CONTINUOUS' || given === 'MANUAL') return given ?? 'CONTINUOUS';
  const hint = typeof given === 'string' ? suggestion(given, ['CONTINUOUS', 'MANUAL']) : '';
  const message = `"trigger" must be CONTINUOUS, MANUAL or {cron: '0 6 * * *', timezone: America/Santiago}${hint}`;
  reader.report('definition.value', 'trigger', message);
  return 'CONTINUOUS';
}

/** Without a time zone it is UTC. */
function parseCronTrigger(reader: DocumentReader): CronTrigger {
  const trigger = reader.child('trigger', ['cron', 'timezone']);
  const cron = trigger.requiredText('cron');
  const timezone = trigger.optionalText('timezone') ?? 'UTC';
  if (cron !== '') reader.parsed('trigger', null, () => checkCronSchedule({ expression: cron, timezone }));
  return { cron, timezone };
}

function checkGraph(reader: DocumentReader, steps: readonly StepDefinition[]): readonly StepDefinition[] {
  const names = steps.map((step) => step.name);
  steps.forEach((step, index) => checkDependencies(reader, step, index, names));
  const order = topologicalOrder(graphOf(steps));
  if (order.kind === 'cyclic') {
    reader.report(
      'pipeline.cycle',
      'steps',
      `the steps depend on each other in a circle: ${order.cycle.join(' → ')}`,
    );
  }
  return steps;
}

/** A step that depends on itself is a problem of its own kind, and no circle. */
export const graphOf = (steps: readonly StepDefinition[]): GraphNode[] =>
  steps.map(({ name, depends_on }) => ({
    name,
    dependsOn: depends_on.filter((upstream) => upstream !== name),
  }));

function checkDependencies(
  reader: DocumentReader,
  step: StepDefinition,
  index: number,
  names: readonly string[],
): void {
  if (names.indexOf(step.name) !== index) {
    reader.report('definition.duplicate', ['steps', index, 'name'], `there is another step "${step.name}"`);
  }
  for (const name of step.depends_on) {
    const place = ['steps', index, 'depends_on'];
    if (name === step.name)
      reader.report('pipeline.self_dependency', place, `step "${name}" depends on itself`);
    else if (!names.includes(name)) {
      reader.report('pipeline.unknown_step', place, `there is no step "${name}"${suggestion(name, names)}`);
    }
  }
}
