import type { RunStatus, SubGroupState } from '@meridian/core';
import type { Terminal } from './terminal.js';

/** A state in its colour: green is done, yellow is under way or waiting, red needs somebody. */
export function paintState(state: SubGroupState | RunStatus, colors: Terminal['colors']): string {
  switch (state) {
    case 'current':
    case 'COMPLETED':
      return colors.green(state);
    case 'failed':
    case 'blocked':
    case 'FAILED':
      return colors.red(state);
    case 'waived':
    case 'paused':
    case 'CANCELLED':
      return colors.dim(state);
    case 'running':
    case 'STAGING_DATA':
    case 'SUBMITTING':
    case 'SUBMITTED':
    case 'RUNNING':
    case 'COLLECTING_RESULTS':
      return colors.cyan(state);
    case 'missing':
    case 'stale':
    case 'incomplete':
    case 'settling':
    case 'cooling_down':
    case 'PENDING':
    case 'COMPLETED_WITH_WARNINGS':
      return colors.yellow(state);
  }
}
