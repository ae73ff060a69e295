import { choiceSetting, integerSetting, textSetting, type SettingValues } from '@meridian/core';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export const DATABASE_SETTINGS = {
  databaseUrl: textSetting('DATABASE_URL', {
    description: 'postgresql:// address of the ops-db',
    secret: true,
    example: 'postgresql://meridian:secret@127.0.0.1:5432/meridian',
  }),
} as const;

/** Everything that the API reads from its environment. */
export const API_SETTINGS = {
  ...DATABASE_SETTINGS,
  host: textSetting('MERIDIAN_API_HOST', { description: 'address to listen on', fallback: '127.0.0.1' }),
  port: integerSetting(
    'MERIDIAN_API_PORT',
    { min: 0, max: 65_535 },
    { description: 'port to listen on; 0 takes a free one', fallback: 3000 },
  ),
  poolSize: integerSetting(
    'MERIDIAN_API_POOL_SIZE',
    { min: 2, max: 200 },
    { description: 'most database connections at once; each changing request holds one', fallback: 10 },
  ),
  requestsPerSecond: integerSetting(
    'MERIDIAN_API_REQUESTS_PER_SECOND',
    { min: 1, max: 1_000_000 },
    {
      description: 'sustained requests per second of one token; bursts may be ten times that',
      fallback: 200,
    },
  ),
  logLevel: choiceSetting('MERIDIAN_LOG_LEVEL', LOG_LEVELS, {
    description: 'how much is logged',
    fallback: 'info',
  }),
  logFormat: choiceSetting('MERIDIAN_LOG_FORMAT', LOG_FORMATS, {
    description: 'json for machines, pretty for people',
    fallback: 'json',
  }),
} as const;
export type ApiConfig = SettingValues<typeof API_SETTINGS>;
