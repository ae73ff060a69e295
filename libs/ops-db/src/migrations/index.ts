import { Observatory1700000000001 } from './1700000000001-observatory.js';
import { Data1700000000002 } from './1700000000002-data.js';
import { Definitions1700000000003 } from './1700000000003-definitions.js';
import { Runs1700000000004 } from './1700000000004-runs.js';
import { Operating1700000000005 } from './1700000000005-operating.js';
import { RowFunctions1700000000006 } from './1700000000006-row-functions.js';
import { Installation1700000000007 } from './1700000000007-installation.js';

/** Every migration, oldest first. */
export const MIGRATIONS = [
  Observatory1700000000001,
  Data1700000000002,
  Definitions1700000000003,
  Runs1700000000004,
  Operating1700000000005,
  RowFunctions1700000000006,
  Installation1700000000007,
];
