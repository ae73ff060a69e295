import { ACTIVE_STATUSES, RUN_STATUSES } from '@meridian/core';
import type { Kill, KillSite } from '../api/api-types.js';
import { formatAgo } from '../terminal/formats.js';
import { paintState } from '../terminal/state-colors.js';
import { renderTable } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';

type Colors = Terminal['colors'];

/** Alive jobs that are named one by one; more are counted. */
const NAMED_JOBS = 20;

/** `kill 7 of pipeline imaging`. */
export const nameOfKill = ({ id, scope, target }: Kill): string =>
  `kill ${id} of ${target === null ? scope : `${scope} ${target}`}`;

/** The proof of a kill, or what is missing of it: its sentence, one line per site, the runs, and the jobs that are alive. */
export function renderKill(kill: Kill, colors: Colors, now: Date): string[] {
  const isProven = kill.state === 'settled';
  const summary = isProven ? colors.green(kill.summary) : colors.yellow(kill.summary);
  return [
    `${colors.bold(nameOfKill(kill))}: ${summary}`,
    ...(kill.sites.length === 0 ? [] : ['', sitesTable(kill.sites, colors)]),
    ...runsLine(kill, colors),
    ...aliveTable(kill, colors, now),
  ];
}

function sitesTable(sites: readonly KillSite[], colors: Colors): string {
  const rows = sites.map((site) => [
    `  ${site.location}`,
    stateOf(site, colors),
    site.answered_at ?? '–',
    String(site.told_count),
    site.silence ?? '',
  ]);
  return renderTable(
    { head: ['  site', 'alive', 'answered at', 'told to stop', ''], rows, right: [3] },
    colors,
  );
}

function stateOf(site: KillSite, colors: Colors): string {
  if (site.silence !== null) return colors.red('silent');
  if (site.answered_at === null) return colors.dim('not asked yet');
  return site.alive_count === 0 ? colors.green('nothing') : colors.red(`${site.alive_count} jobs`);
}

function runsLine({ runs }: Kill, colors: Colors): string[] {
  const counts = RUN_STATUSES.filter((status) => (runs[status] ?? 0) > 0).map(
    (status) => `${runs[status] ?? 0} ${paintState(status, colors)}`,
  );
  return counts.length === 0 ? [] : [`  runs: ${counts.join(', ')}`];
}

function aliveTable({ sites }: Kill, colors: Colors, now: Date): string[] {
  const alive = sites.flatMap((site) => site.alive.map((job) => ({ site: site.location, job })));
  if (alive.length === 0) return [];
  const rows = alive
    .slice(0, NAMED_JOBS)
    .map(({ site, job }) => [
      `  ${job.job_id}`,
      site,
      job.state,
      String(job.run_id),
      job.pipeline ?? 'not known here',
      job.token,
      formatAgo(job.since, now),
    ]);
  const total = sites.reduce((sum, site) => sum + site.alive_count, 0);
  const head = ['  job', 'site', 'state', 'run', 'pipeline', 'name', 'since'];
  return [
    '',
    renderTable({ head, rows }, colors),
    ...(total > rows.length ? [`  and ${total - rows.length} more`] : []),
  ];
}

/** What to do next; empty when there is nothing. */
export function nextAfterKill({ id, scope, target, state, holds }: Kill): string | null {
  if (state === 'open')
    return `it goes on by itself; look again with "meridian kill show ${id}", or give it up with "meridian kill lift ${id}"`;
  if (scope === 'everything')
    return holds ? `nothing starts anywhere until "meridian kill lift ${id}"` : null;
  if (scope === 'run' || target === null) return null;
  return scope === 'pipeline'
    ? `it is paused until it is resumed: POST /api/v1/pipelines/${encodeURIComponent(target)}/resume`
    : `it is paused until it is resumed: DELETE /api/v1/locations/${encodeURIComponent(target)}/pause`;
}

/** One line of progress: `3 runs not ended, 2 jobs alive, lab-rest silent`. */
export function progressOfKill({ runs, sites }: Kill): string {
  const active = ACTIVE_STATUSES.reduce((sum, status) => sum + (runs[status] ?? 0), 0);
  const alive = sites.reduce((sum, site) => sum + site.alive_count, 0);
  const silent = sites.filter((site) => site.silence !== null).map((site) => `${site.location} silent`);
  return [`${active} runs not ended`, `${alive} jobs alive`, ...silent].join(', ');
}
