import type { LoggerService } from '@nestjs/common';
import pino, { type Logger } from 'pino';
import type { LogFormat, LogLevel } from '../api.config.js';

/** Never in a log line, wherever they turn up. */
const SECRET_PATHS = [
  'authorization',
  'headers.authorization',
  '*.headers.authorization',
  'token',
  '*.token',
  '*.parameters',
  '*.query',
];

export async function openLog({ level, format }: { level: LogLevel; format: LogFormat }): Promise<Logger> {
  const options = {
    level,
    base: { service: 'ops-db-api' },
    redact: { paths: SECRET_PATHS, censor: '[redacted]' },
  };
  if (format === 'json') return pino(options);
  // In this thread: a transport worker would cost tens of megabytes. Loaded only where people read logs.
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ sync: true, ignore: 'pid,hostname,service' }));
}

/** Nest's own messages, in our log. Its start-up chatter is debug detail. */
export const nestLog = (log: Logger): LoggerService => ({
  log: (message: unknown) => log.debug(String(message)),
  error: (message: unknown) => log.error(String(message)),
  warn: (message: unknown) => log.warn(String(message)),
  debug: (message: unknown) => log.debug(String(message)),
  verbose: (message: unknown) => log.trace(String(message)),
});
