import { choiceSetting, integerSetting } from '@meridian/core';
import { DAEMON_SETTINGS } from '@meridian/daemon';
import { HASH_POLICIES } from './collecting/verify-files.js';

export const RESULT_MANAGER_SETTINGS = {
  ...DAEMON_SETTINGS,
  hashPolicy: choiceSetting('MERIDIAN_RESULT_HASH_POLICY', HASH_POLICIES, {
    description:
      'which outputs are hashed again after the compute node did: none, sample (one in sixteen, up to 64 MiB each), full',
    fallback: 'sample',
  }),
  batchSize: integerSetting(
    'MERIDIAN_RESULT_BATCH_SIZE',
    { min: 1, max: 10_000 },
    { description: 'most runs whose results are registered in one transaction', fallback: 200 },
  ),
  auditEveryDays: integerSetting(
    'MERIDIAN_RESULT_AUDIT_EVERY_DAYS',
    { min: 0, max: 3_650 },
    {
      description:
        'after so many days every location that holds data is audited again, checksums included; 0 audits only what somebody asks for',
      fallback: 0,
    },
  ),
  recordGraceSeconds: integerSetting(
    'MERIDIAN_RESULT_RECORD_GRACE_SECONDS',
    { min: 0, max: 3_600 },
    {
      description:
        'how long after its end a job may leave no record before its run fails: file systems show new files late',
      fallback: 10,
    },
  ),
  diskPatienceSeconds: integerSetting(
    'MERIDIAN_RESULT_DISK_PATIENCE_SECONDS',
    { min: 0, max: 86_400 },
    {
      description: 'how long a disk that does not answer is asked again before the run fails',
      fallback: 600,
    },
  ),
  unknownAfterSeconds: integerSetting(
    'MERIDIAN_RESULT_UNKNOWN_AFTER_SECONDS',
    { min: 1, max: 86_400 },
    { description: 'after this long without a word of the site about a job, its run says so', fallback: 300 },
  ),
  forgottenAfterSeconds: integerSetting(
    'MERIDIAN_RESULT_FORGOTTEN_AFTER_SECONDS',
    { min: 1, max: 86_400 },
    {
      description:
        'after this long without a word of the site about a job that is to be stopped, the site is asked for all that is alive; without it the run is cancelled',
      fallback: 30,
    },
  ),
  lostAfterSeconds: integerSetting(
    'MERIDIAN_RESULT_LOST_AFTER_SECONDS',
    { min: 1, max: 86_400 },
    {
      description:
        'the same for any other job, which then counts as lost and is tried again: longer than accounting may be away',
      fallback: 900,
    },
  ),
} as const;
