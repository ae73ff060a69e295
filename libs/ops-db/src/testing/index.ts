export { openTestDatabase, type TestDatabase } from './test-database.js';
export * from './builders.js';
export * from './item-builders.js';
export { EVERY_PRODUCT } from './every-product.js';
export * from './run-builders.js';
export * from './association-builders.js';
export { dumpDatabase } from './dump-database.js';
export {
  explainStatements,
  longReads,
  triggerTimes,
  type ExplainedStatement,
  type PlanNode,
} from './explain-statements.js';
export {
  freePort,
  startEmbeddedServer,
  type EmbeddedServer,
  type EmbeddedServerOptions,
} from './embedded-server.js';
export { dumpAndRestore, startDebianServer, type DebianServer } from './debian-server.js';
