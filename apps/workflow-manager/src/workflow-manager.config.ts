import { integerSetting, textSetting } from '@meridian/core';
import { DAEMON_SETTINGS } from '@meridian/daemon';

export const WORKFLOW_MANAGER_SETTINGS = {
  ...DAEMON_SETTINGS,
  batchSize: integerSetting(
    'MERIDIAN_WORKFLOW_BATCH_SIZE',
    { min: 1, max: 10_000 },
    {
      description:
        'most runs that are claimed, staged and submitted at a time; those of one step go out as one array',
      fallback: 1_000,
    },
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
  healthSeconds: integerSetting(
    'MERIDIAN_WORKFLOW_HEALTH_SECONDS',
    { min: 1, max: 3_600 },
    { description: 'how often a location is asked whether jobs could be run there', fallback: 60 },
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
  killLookSeconds: integerSetting(
    'MERIDIAN_WORKFLOW_KILL_LOOK_SECONDS',
    { min: 1, max: 600 },
    {
      description:
        'how often a site is asked what is still alive while a kill is open; two answers in a row prove it',
      fallback: 3,
    },
  ),
  insecureRegistries: textSetting('MERIDIAN_WORKFLOW_INSECURE_REGISTRIES', {
    description: 'image registries that are spoken to without TLS: host:port, separated by commas',
    fallback: '',
  }),
  jobHeartbeatSeconds: integerSetting(
    'MERIDIAN_JOB_HEARTBEAT_SECONDS',
    { min: 1, max: 3_600 },
    { description: 'how often a job shows in its directory that it is alive', fallback: 30 },
  ),
  breakerFailures: integerSetting(
    'MERIDIAN_BREAKER_FAILURES',
    { min: 1, max: 1_001 },
    {
      description:
        'so many failures of one class among the last outcomes of a step at a location open its circuit breaker; more than MERIDIAN_BREAKER_OF never do',
      fallback: 5,
    },
  ),
  breakerOf: integerSetting(
    'MERIDIAN_BREAKER_OF',
    { min: 1, max: 1_000 },
    { description: 'how many outcomes of a step at a location a circuit breaker looks at', fallback: 10 },
  ),
  breakerWindowMinutes: integerSetting(
    'MERIDIAN_BREAKER_WINDOW_MINUTES',
    { min: 1, max: 10_080 },
    { description: 'outcomes older than this do not count for a circuit breaker', fallback: 60 },
  ),
  breakerCoolDownSeconds: integerSetting(
    'MERIDIAN_BREAKER_COOL_DOWN_SECONDS',
    { min: 1, max: 86_400 },
    {
      description:
        'how long an open circuit breaker waits before it tries one run; doubled each time that fails',
      fallback: 60,
    },
  ),
  breakerMaxCoolDownSeconds: integerSetting(
    'MERIDIAN_BREAKER_MAX_COOL_DOWN_SECONDS',
    { min: 1, max: 604_800 },
    { description: 'the longest that such a wait becomes', fallback: 3_600 },
  ),
  noteSeconds: integerSetting(
    'MERIDIAN_WORKFLOW_NOTE_SECONDS',
    { min: 1, max: 3_600 },
    { description: 'how often waiting runs are told what they wait for', fallback: 5 },
  ),
} as const;
