export { down, openLab, status, up, wipe } from './cluster.mjs';
export {
  describeService,
  pauseService,
  restartService,
  resumeService,
  serviceNames,
  slurm,
  startService,
  stopService,
} from './services.mjs';
export { whatIsMissing } from './host.mjs';
export { rocrateValidator } from './rocrate-validator.mjs';
export {
  DEFAULT_STATE_DIRECTORY,
  OTHER_USER,
  PARTITIONS,
  SLURM_VERSIONS,
  TEST_USER,
  layoutOf,
  portsOf,
} from './settings.mjs';
