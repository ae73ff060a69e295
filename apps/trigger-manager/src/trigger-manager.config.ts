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
  reconcileSeconds: integerSetting(
    'MERIDIAN_TRIGGER_RECONCILE_SECONDS',
    { min: 1, max: 2_592_000 },
    {
      description:
        'every step is compared with a look at the whole archive at least this often; a difference is a defect, logged and mended',
      fallback: 21_600,
    },
  ),
} as const;
