import { choiceSetting, integerSetting, textSetting } from '@meridian/core';
import { LOG_FORMATS, LOG_LEVELS } from './logger.js';

/** What every daemon reads from its environment. */
export const DAEMON_SETTINGS = {
  databaseUrl: textSetting('DATABASE_URL', {
    description: 'the ops-db, as postgresql://user:password@host:port/database',
    secret: true,
    example: 'postgresql://meridian@127.0.0.1:5432/meridian',
  }),
  logLevel: choiceSetting('MERIDIAN_LOG_LEVEL', LOG_LEVELS, {
    description: 'least important level that is logged',
    fallback: 'info',
  }),
  logFormat: choiceSetting('MERIDIAN_LOG_FORMAT', LOG_FORMATS, {
    description: 'json for machines, pretty for people',
    fallback: 'json',
  }),
  pollIntervalMs: integerSetting(
    'MERIDIAN_POLL_INTERVAL_MS',
    { min: 50, max: 3_600_000 },
    {
      description:
        'longest time between two looks for work (five times that for what is announced or can wait); a notification wakes a daemon earlier',
      fallback: 2_000,
    },
  ),
  heartbeatIntervalMs: integerSetting(
    'MERIDIAN_HEARTBEAT_INTERVAL_MS',
    { min: 500, max: 600_000 },
    { description: 'time between two heartbeats of a daemon', fallback: 10_000 },
  ),
  leaseSeconds: integerSetting(
    'MERIDIAN_LEASE_SECONDS',
    { min: 2, max: 3_600 },
    { description: 'how long a claim of a daemon that died keeps others away', fallback: 30 },
  ),
} as const;
