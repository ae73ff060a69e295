// What benchmarks and whole-system tests drive by hand; the daemon itself starts in main.ts.
export { SubmitRunsPass, type SubmitRunsLimits, type SubmitRunsOptions } from './passes/submit-runs.pass.js';
export { ImageKeeper, type ImageKeeperOptions } from './images/image-keeper.js';
export { Sites, type BackendLookup, type FilesLookup, type SitesOptions } from './sites/sites.js';
export { WORKFLOW_MANAGER_SETTINGS } from './workflow-manager.config.js';
export { workflowManagerPasses, type WorkflowManagerOptions } from './workflow-manager.passes.js';
