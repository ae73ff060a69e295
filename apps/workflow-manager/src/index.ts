// What benchmarks and whole-system tests drive by hand; the daemon itself starts in main.ts.
export { SubmitRunsPass, type SubmitRunsLimits, type SubmitRunsOptions } from './passes/submit-runs.pass.js';
export { Sites, type BackendLookup, type SitesOptions } from './sites/sites.js';
