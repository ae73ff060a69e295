import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { AuditLogModule } from './audit-log/audit-log.module.js';
import { BreakersModule } from './breakers/breakers.module.js';
import { DaemonsModule } from './daemons/daemons.module.js';
import { ExecutedObsUnitsModule } from './executed-obs-units/executed-obs-units.module.js';
import { HealthModule } from './health/health.module.js';
import { InstrumentModulesModule } from './instrument-modules/instrument-modules.module.js';
import { InstrumentsModule } from './instruments/instruments.module.js';
import { LocationsModule } from './locations/locations.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ObservatoriesModule } from './observatories/observatories.module.js';
import { ObservingProgramsModule } from './observing-programs/observing-programs.module.js';
import { ObsUnitsModule } from './obs-units/obs-units.module.js';
import { RawDataFilesModule } from './raw-data-files/raw-data-files.module.js';
import { RawDataPackagesModule } from './raw-data-packages/raw-data-packages.module.js';
import { SourcesModule } from './sources/sources.module.js';
import { TelescopesModule } from './telescopes/telescopes.module.js';
import { DefinitionsModule } from './definitions/definitions.module.js';
import { FailuresModule } from './failures/failures.module.js';
import { GapsModule } from './gaps/gaps.module.js';
import { GroupingsModule } from './groupings/groupings.module.js';
import { ItemGapsModule } from './item-gaps/item-gaps.module.js';
import { KillsModule } from './kills/kills.module.js';
import { LineageModule } from './lineage/lineage.module.js';
import { PipelinesModule } from './pipelines/pipelines.module.js';
import { PlansModule } from './plans/plans.module.js';
import { PoolsModule } from './pools/pools.module.js';
import { ProductsModule } from './products/products.module.js';
import { AuditsModule } from './audits/audits.module.js';
import { RematerialisationsModule } from './rematerialisations/rematerialisations.module.js';
import { ProvenanceModule } from './provenance/provenance.module.js';
import { RebuildsModule } from './rebuilds/rebuilds.module.js';
import { PublicationsModule } from './publications/publications.module.js';
import { QualityModule } from './quality/quality.module.js';
import { ResultTablesModule } from './result-tables/result-tables.module.js';
import { ResultsModule } from './results/results.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { RunsModule } from './runs/runs.module.js';
import { SoftwareModule } from './software/software.module.js';
import { TaintsModule } from './taints/taints.module.js';
import { TokensModule } from './tokens/tokens.module.js';
import { AuthModule } from './auth/auth.module.js';
import { ChangeInterceptor } from './http/change.interceptor.js';
import { DatabaseModule, type RunningConfig } from './http/database.module.js';
import { IdempotencySweep } from './idempotency/idempotency-sweep.js';
import { ListingInterceptor } from './paging/listing.interceptor.js';

/** One module per noun; a new one adds its line here. */
const NOUNS: Type[] = [
  AuditLogModule,
  BreakersModule,
  DaemonsModule,
  ExecutedObsUnitsModule,
  HealthModule,
  InstrumentModulesModule,
  InstrumentsModule,
  LocationsModule,
  MetricsModule,
  ObservatoriesModule,
  ObservingProgramsModule,
  ObsUnitsModule,
  RawDataFilesModule,
  RawDataPackagesModule,
  SourcesModule,
  TelescopesModule,
  DefinitionsModule,
  FailuresModule,
  GapsModule,
  GroupingsModule,
  ItemGapsModule,
  KillsModule,
  LineageModule,
  PipelinesModule,
  PlansModule,
  PoolsModule,
  ProductsModule,
  ProvenanceModule,
  PublicationsModule,
  AuditsModule,
  RematerialisationsModule,
  RebuildsModule,
  QualityModule,
  ResultTablesModule,
  ResultsModule,
  RetentionModule,
  RunsModule,
  SoftwareModule,
  TaintsModule,
  TokensModule,
];

@Module({})
export class AppModule {
  static with(dataSource: DataSource, config: RunningConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [DatabaseModule.with(dataSource, config), AuthModule, ...NOUNS],
      providers: [
        IdempotencySweep,
        // The first one is outermost: a listing that a changing route returned would be read inside its transaction.
        { provide: APP_INTERCEPTOR, useClass: ChangeInterceptor },
        { provide: APP_INTERCEPTOR, useClass: ListingInterceptor },
      ],
    };
  }
}
