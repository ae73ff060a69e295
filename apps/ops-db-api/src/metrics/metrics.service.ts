import { countAttention, countRuns, listLocationSigns, type LocationSigns } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { secondsSilent } from '../daemons/daemon.response.js';
import { DaemonsService } from '../daemons/daemons.service.js';
import { RequestTimes } from './request-times.js';

/** What a daemon says of a pass in its heartbeat. */
interface PassTimes {
  readonly durationMs?: number;
  readonly consecutiveFailures?: number;
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** What is known of the whole installation, in Prometheus' text format: any replica of the API says the same, but of its own requests and memory. */
@Injectable()
export class MetricsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly daemons: DaemonsService,
    private readonly requestTimes: RequestTimes,
  ) {}

  async text(): Promise<string> {
    const registry = new Registry();
    await this.addRuns(registry);
    await this.addDaemons(registry);
    await this.addLocations(registry);
    await this.addAttention(registry);
    gauge(registry, 'process_resident_memory_bytes', 'Resident memory of this process.', [
      [{}, process.memoryUsage.rss()],
    ]);
    registry.registerMetric(this.requestTimes.histogram);
    return registry.metrics();
  }

  private async addRuns(registry: Registry): Promise<void> {
    const counts = await countRuns(this.dataSource.manager, { pipeline: null, step: null, status: null });
    gauge(
      registry,
      'meridian_runs',
      'Runs by status.',
      counts.map(({ pipeline, step, status, count }) => [{ pipeline, step, status }, count]),
    );
  }

  private async addDaemons(registry: Registry): Promise<void> {
    const { beats, now } = await this.daemons.list();
    gauge(
      registry,
      'meridian_daemon_silence_seconds',
      'Time since the last heartbeat of a daemon.',
      beats.map((beat) => [{ daemon: beat.daemon, instance: beat.instance }, secondsSilent(beat, now)]),
    );
    const passes = beats.flatMap(({ daemon, instance, passes }) =>
      Object.entries(passes as Record<string, PassTimes>).map(([pass, report]) => ({
        labels: { daemon, instance, pass },
        report,
      })),
    );
    gauge(
      registry,
      'meridian_pass_duration_seconds',
      'Time that the last run of a pass took.',
      passes.map(({ labels, report }) => [labels, (report.durationMs ?? 0) / 1000]),
    );
    gauge(
      registry,
      'meridian_pass_consecutive_failures',
      'Failed runs of a pass since the last that succeeded.',
      passes.map(({ labels, report }) => [labels, report.consecutiveFailures ?? 0]),
    );
  }

  private async addLocations(registry: Registry): Promise<void> {
    const signs = await listLocationSigns(this.dataSource.manager);
    const add = (name: string, help: string, value: (of: LocationSigns) => number | null): void =>
      gauge(
        registry,
        `meridian_location_${name}`,
        help,
        signs.flatMap((one): Sample[] => {
          const known = value(one);
          return known === null ? [] : [[{ location: one.location }, known]];
        }),
      );
    add('files', 'Files that the records say lie there.', (one) => one.files);
    add('bytes', 'Bytes that the records say lie there.', (one) => one.bytes);
    add('capacity_bytes', 'Room that it has, where somebody said.', (one) => one.capacityBytes);
    add('high_water_bytes', 'Where purging begins, where somebody said.', (one) => one.highWaterBytes);
    add('healthy', '1 when the last look found that jobs could run there.', ({ isHealthy }) =>
      isHealthy === null ? null : Number(isHealthy),
    );
    add('paused', '1 while it takes no new work.', ({ isPaused }) => Number(isPaused));
  }

  private async addAttention(registry: Registry): Promise<void> {
    const counts = await countAttention(this.dataSource.manager);
    const add = (name: string, help: string, value: number): void =>
      gauge(registry, `meridian_${name}`, help, [[{}, value]]);
    add('open_breakers', 'Open circuit breakers.', counts.openBreakers);
    add('open_kills', 'Kills that hold.', counts.openKills);
    add('waiting_publications', 'Publications that are not settled.', counts.waitingPublications);
    add('failed_publications', 'Publications that failed.', counts.failedPublications);
    add('open_purges', 'Purges that go on.', counts.openPurges);
    add(
      'open_rematerialisations',
      'Rematerialisations of lost bytes that go on.',
      counts.openRematerialisations,
    );
  }
}

/** Without samples there is no series, not one that is 0. */
function gauge(registry: Registry, name: string, help: string, samples: readonly Sample[]): void {
  if (samples.length === 0) return;
  const labelNames = Object.keys(samples[0]?.[0] ?? {});
  const made = new Gauge({ name, help, labelNames, registers: [registry] });
  for (const [labels, value] of samples) made.set(labels, value);
}
