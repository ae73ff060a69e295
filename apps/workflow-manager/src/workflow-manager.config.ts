import { integerSetting } from '@meridian/core';
import { DAEMON_SETTINGS } from '@meridian/daemon';

export const WORKFLOW_MANAGER_SETTINGS = {
  ...DAEMON_SETTINGS,
  batchSize: integerSetting(
    'MERIDIAN_WORKFLOW_BATCH_SIZE',
    { min: 1, max: 10_000 },
    { description: 'most runs that are claimed, staged and submitted at a time', fallback: 200 },
  ),
  runsStagedAtOnce: integerSetting(
    'MERIDIAN_WORKFLOW_STAGING_CONCURRENCY',
    { min: 1, max: 1_000 },
    { description: 'how many runs are staged side by side', fallback: 16 },
  ),
  waitSeconds: integerSetting(
    'MERIDIAN_WORKFLOW_WAIT_SECONDS',
    { min: 1, max: 3_600 },
    {
      description:
        'how long a location that is full, not mounted or silent gets no new runs before it is tried again',
      fallback: 30,
    },
  ),
  submissionGraceSeconds: integerSetting(
    'MERIDIAN_WORKFLOW_SUBMISSION_GRACE_SECONDS',
    { min: 0, max: 86_400 },
    {
      description:
        "how long beyond the site's own time-out a submission may take to show up before it counts as lost",
      fallback: 30,
    },
  ),
  cancelAgainSeconds: integerSetting(
    'MERIDIAN_WORKFLOW_CANCEL_AGAIN_SECONDS',
    { min: 1, max: 3_600 },
    { description: 'how soon a site is told again about a cancelled job that goes on', fallback: 30 },
  ),
  jobHeartbeatSeconds: integerSetting(
    'MERIDIAN_JOB_HEARTBEAT_SECONDS',
    { min: 1, max: 3_600 },
    { description: 'how often a job shows in its directory that it is alive', fallback: 30 },
  ),
} as const;
