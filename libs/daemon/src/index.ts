export { DAEMON_SETTINGS } from './daemon-settings.js';
export type { Daemon, StopListening } from './daemon.module.js';
export {
  createLogger,
  nestLogger,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type Logger,
  type LogLevel,
} from './logger.js';
export type { Pass, PassReport } from './pass.js';
export { patient } from './patient.js';
export { PollLoop } from './poll-loop.js';
export { runDaemon } from './run-daemon.js';
export { mapConcurrently } from './map-concurrently.js';
export { whileRenewing, type Renewal } from './while-renewing.js';
export { exitWithReason } from './exit-with-reason.js';
