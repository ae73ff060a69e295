import { integerSetting } from '@meridian/core';
import { DAEMON_SETTINGS } from '@meridian/daemon';

export const TRIGGER_MANAGER_SETTINGS = {
  ...DAEMON_SETTINGS,
  fireLimit: integerSetting(
    'MERIDIAN_TRIGGER_FIRE_LIMIT',
    { min: 1, max: 100_000 },
    {
      description: 'most runs created per step in one evaluation; the rest follow at once in the next',
      fallback: 10_000,
    },
  ),
  fullEvaluationSeconds: integerSetting(
    'MERIDIAN_TRIGGER_FULL_EVALUATION_SECONDS',
    { min: 1, max: 86_400 },
    {
      description: 'everything is evaluated at least this often, whatever the change requests say',
      fallback: 600,
    },
  ),
} as const;
