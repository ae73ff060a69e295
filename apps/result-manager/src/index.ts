// What benchmarks and whole-system tests drive by hand; the daemon itself starts in main.ts.
export { CollectResultsPass, type CollectResultsOptions } from './passes/collect-results.pass.js';
export { ObserveJobsPass, type ObserveJobsOptions } from './passes/observe-jobs.pass.js';
export { PublishProductsPass, type PublishProductsOptions } from './passes/publish-products.pass.js';
export { WithdrawProductsPass, type WithdrawProductsOptions } from './passes/withdraw-products.pass.js';
export { ClearAttemptsPass, type ClearAttemptsOptions } from './passes/clear-attempts.pass.js';
export { PurgeLocationsPass, type PurgeLocationsOptions } from './passes/purge-locations.pass.js';
