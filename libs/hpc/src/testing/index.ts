export * from './hpc-backend.contract.js';
export * from './site-files.contract.js';
export * from './lab.js';
export * from './unreachable-files.js';
