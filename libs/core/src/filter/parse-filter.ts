import { DomainError } from '../shared/domain-error.js';
import { isJsonObject } from '../shared/json.js';
import { FilterProblems, type Path } from './filter-problems.js';
import { FILTER_LIMITS, type Filter } from './filter.js';
import { parseRule } from './parse-rule.js';

/**
 * A filter from JSON: a rule, a group `{all: […]}`, `{any: […]}` or `{not: …}`, or a bare list, which is `all`.
 *
 * @throws DomainError `filter.invalid` whose `problems` name every mistake by JSON pointer, not only the first.
 */
export function parseFilter(json: unknown): Filter {
  const problems = new FilterProblems();
  const filter = parseNode(json, [], 1, problems);
  if (filter !== null && problems.all.length === 0) return filter;
  throw new DomainError({
    kind: 'invalid',
    code: 'filter.invalid',
    message: `The filter has ${problems.all.length === 1 ? 'a problem' : `${problems.all.length} problems`}: ${problems.all[0]?.message ?? ''}`,
    action: 'Correct the rules at the paths that the problems name.',
    problems: problems.all,
  });
}

function parseNode(json: unknown, path: Path, depth: number, problems: FilterProblems): Filter | null {
  problems.nodes += 1;
  if (problems.nodes > FILTER_LIMITS.nodes) {
    return problems.nodes === FILTER_LIMITS.nodes + 1
      ? problems.report(
          'filter.too_large',
          path,
          `a filter may have at most ${FILTER_LIMITS.nodes} rules and groups: use "in" with a list of values`,
        )
      : null;
  }
  if (depth > FILTER_LIMITS.depth) {
    return problems.report(
      'filter.too_deep',
      path,
      `groups may nest at most ${FILTER_LIMITS.depth} deep: flatten the filter`,
    );
  }
  if (Array.isArray(json)) return parseList('all', json, { path, depth }, problems);
  if (!isJsonObject(json)) {
    return problems.report(
      'filter.malformed',
      path,
      'must be a rule {table, column, operator, value}, a group {all}, {any} or {not}, or a list of them',
    );
  }
  const keys = Object.keys(json);
  const group = keys.find((key) => key === 'all' || key === 'any' || key === 'not');
  if (group === undefined) return parseRule(json, path, problems);
  if (keys.length > 1) {
    return problems.report(
      'filter.malformed',
      path,
      `"${group}" must be alone in its object: nest what stands beside it (${keys.join(', ')})`,
    );
  }
  if (group === 'not') {
    const of = parseNode(json['not'], [...path, 'not'], depth + 1, problems);
    return of === null ? null : { op: 'not', of };
  }
  const list: unknown = json[group];
  if (!Array.isArray(list))
    return problems.report(
      'filter.malformed',
      [...path, group],
      `"${group}" needs a list of rules and groups`,
    );
  return parseList(group === 'any' ? 'any' : 'all', list, { path: [...path, group], depth }, problems);
}

function parseList(
  op: 'all' | 'any',
  list: readonly unknown[],
  at: { path: Path; depth: number },
  problems: FilterProblems,
): Filter | null {
  const parsed: Filter[] = [];
  for (const [index, entry] of list.entries()) {
    if (problems.nodes > FILTER_LIMITS.nodes) return null;
    const filter = parseNode(entry, [...at.path, index], at.depth + 1, problems);
    if (filter !== null) parsed.push(filter);
  }
  return { op, of: parsed };
}
