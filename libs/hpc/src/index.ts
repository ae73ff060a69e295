export * from './hpc-backend.js';
export * from './create-backend.js';
export * from './local/local.backend.js';
export type { Capacity } from './local/choose-jobs.js';
export * from './fake/fake.backend.js';
export * from './fake/fake-site.js';
export * from './backend-cache.js';
export * from './site-files/site-files.js';
export { mountedFiles, removePartials } from './site-files/mounted-files.js';
