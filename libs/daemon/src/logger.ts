import type { LoggerService } from '@nestjs/common';
import pino, { type Logger } from 'pino';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Paths of fields that are never written, whoever logs them. */
const SECRET_FIELDS = [
  'token',
  'password',
  'authorization',
  'databaseUrl',
  '*.token',
  '*.password',
  '*.authorization',
  '*.databaseUrl',
];

/** A logger that writes one line per event to standard output: JSON for machines, `pretty` for people. */
export async function createLogger(options: {
  name: string;
  level: LogLevel;
  format: LogFormat;
}): Promise<Logger> {
  const settings = {
    name: options.name,
    level: options.level,
    redact: SECRET_FIELDS,
    base: { name: options.name },
  };
  if (options.format === 'json') return pino(settings);
  // Loaded only where a person reads: it costs memory in every daemon.
  const { default: pretty } = await import('pino-pretty');
  return pino(
    settings,
    pretty({ colorize: false, ignore: 'name,pid,hostname', translateTime: 'SYS:HH:MM:ss.l', sync: true }),
  );
}

/** Lets Nest write its own messages through the daemon's logger; its chatter about wiring is debug. */
export const nestLogger = (logger: Logger): LoggerService => ({
  log: (message: unknown) => logger.debug(String(message)),
  verbose: (message: unknown) => logger.trace(String(message)),
  debug: (message: unknown) => logger.debug(String(message)),
  warn: (message: unknown) => logger.warn(String(message)),
  error: (message: unknown, stack?: unknown) => logger.error({ stack }, String(message)),
  fatal: (message: unknown, stack?: unknown) => logger.fatal({ stack }, String(message)),
});
