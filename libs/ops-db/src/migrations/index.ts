import { Observatory1700000000001 } from './1700000000001-observatory.js';
import { Data1700000000002 } from './1700000000002-data.js';
import { Definitions1700000000003 } from './1700000000003-definitions.js';
import { Runs1700000000004 } from './1700000000004-runs.js';
import { Operating1700000000005 } from './1700000000005-operating.js';
import { RowFunctions1700000000006 } from './1700000000006-row-functions.js';
import { Installation1700000000007 } from './1700000000007-installation.js';
import { CircuitBreakers1700000000008 } from './1700000000008-circuit-breakers.js';
import { KillRequests1700000000009 } from './1700000000009-kill-requests.js';
import { Images1700000000010 } from './1700000000010-images.js';
import { LocationHealth1700000000011 } from './1700000000011-location-health.js';
import { ChangeFeed1700000000012 } from './1700000000012-change-feed.js';
import { Triggers1700000000013 } from './1700000000013-triggers.js';
import { Associations1700000000014 } from './1700000000014-associations.js';
import { RunTallies1700000000015 } from './1700000000015-run-tallies.js';
import { LargeArchives1700000000016 } from './1700000000016-large-archives.js';
import { ClosesAndDrift1700000000017 } from './1700000000017-closes-and-drift.js';
import { Afterwards1700000000018 } from './1700000000018-afterwards.js';
import { ResultTables1700000000019 } from './1700000000019-result-tables.js';
import { Quality1700000000020 } from './1700000000020-quality.js';
import { Publication1700000000021 } from './1700000000021-publication.js';
import { Taint1700000000022 } from './1700000000022-taint.js';
import { Retention1700000000023 } from './1700000000023-retention.js';
import { AuditsAndRemakes1700000000024 } from './1700000000024-audits-and-remakes.js';
import { PreviewsAndRetries1700000000025 } from './1700000000025-previews-and-retries.js';
import { Currency1700000000026 } from './1700000000026-currency.js';
import { OneIndexOfDeletions1700000000027 } from './1700000000027-one-index-of-deletions.js';
import { Home1700000000028 } from './1700000000028-home.js';
import { LeanerRuns1700000000029 } from './1700000000029-leaner-runs.js';
import { InputsOfRuns1700000000030 } from './1700000000030-inputs-of-runs.js';

/** Every migration, oldest first. */
export const MIGRATIONS = [
  Observatory1700000000001,
  Data1700000000002,
  Definitions1700000000003,
  Runs1700000000004,
  Operating1700000000005,
  RowFunctions1700000000006,
  Installation1700000000007,
  CircuitBreakers1700000000008,
  KillRequests1700000000009,
  Images1700000000010,
  LocationHealth1700000000011,
  ChangeFeed1700000000012,
  Triggers1700000000013,
  Associations1700000000014,
  RunTallies1700000000015,
  LargeArchives1700000000016,
  ClosesAndDrift1700000000017,
  Afterwards1700000000018,
  ResultTables1700000000019,
  Quality1700000000020,
  Publication1700000000021,
  Taint1700000000022,
  Retention1700000000023,
  AuditsAndRemakes1700000000024,
  PreviewsAndRetries1700000000025,
  Currency1700000000026,
  OneIndexOfDeletions1700000000027,
  Home1700000000028,
  LeanerRuns1700000000029,
  InputsOfRuns1700000000030,
];
