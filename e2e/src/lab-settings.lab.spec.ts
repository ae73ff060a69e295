import { appendFileSync, copyFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lab } from './lab-cluster.js';
import { LabMeridian, storyOf, type LabPipeline } from './lab-meridian.js';
import { mistakesOf, writeSecrets, type Mistake, type WrongSecrets } from './lab-mistakes.js';

jest.setTimeout(240_000);

const lab = Lab.shared();
const IS_DONE = 'echo done >out.txt';
const OFTEN = { MERIDIAN_WORKFLOW_HEALTH_SECONDS: '5', MERIDIAN_WORKFLOW_WAIT_SECONDS: '5' };

interface Health {
  readonly state: string;
  readonly message: string | null;
  readonly action: string | null;
  readonly image_problems: readonly string[];
}
interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly action: string;
}

let meridian: LabMeridian;
beforeAll(async () => {
  meridian = await LabMeridian.start(lab, OFTEN);
});
afterAll(() => meridian.remove());

const healthOf = async (name: string): Promise<Health> =>
  (await meridian.home.get<{ health: Health }>(`/locations/${name}-at`)).health;
const doctor = async (): Promise<Finding[]> =>
  JSON.parse((await meridian.home.meridian('doctor', '--json')).stdout) as Finding[];

/** One sentence of one line, with a full stop at its end. */
const ONE_SENTENCE = /^\S[^\n]*\.$/;

describe('a location that somebody described wrongly', () => {
  let secrets: WrongSecrets;
  let mistakes: readonly Mistake[];
  let pipelines: readonly LabPipeline[];
  beforeAll(async () => {
    secrets = await writeSecrets(lab, meridian.base);
    mistakes = mistakesOf(lab, secrets);
    // All at once: work is there before anybody has looked at the location.
    pipelines = await meridian.pipelines(
      mistakes.map(({ says: _, ...plan }) => ({ ...plan, script: IS_DONE })),
    );
  });

  it('is told as such in one sentence by its health, with what to do', async () => {
    const found: Record<string, Health> = {};
    for (const { name } of mistakes) {
      found[name] = await meridian.home.until(`${name} is found`, 60, async () => {
        const health = await healthOf(name);
        return health.state === 'unknown' ? null : health;
      });
    }

    expect(Object.entries(found).filter(([, { state }]) => state !== 'unhealthy')).toEqual([]);
    for (const { name, says } of mistakes) {
      expect([name, found[name]?.message]).toEqual([name, expect.stringMatching(says)]);
      expect([name, found[name]?.message]).toEqual([name, expect.stringMatching(ONE_SENTENCE)]);
      expect([name, found[name]?.action]).toEqual([name, expect.stringMatching(ONE_SENTENCE)]);
    }
  });

  it('is told as such by the doctor, with the same sentence', async () => {
    const findings = await doctor();

    for (const { name, says } of mistakes) {
      const finding = findings.find(({ check }) => check === `location ${name}-at`);
      expect([name, finding?.ok, finding?.detail]).toEqual([name, false, expect.stringMatching(says)]);
    }
  });

  it('fails no run: each waits, and says for what', async () => {
    for (const pipeline of pipelines) {
      const [run] = await pipeline.until('its run waits', 60, (runs) =>
        runs.every(({ waiting_reason }) => waiting_reason !== null),
      );
      expect([pipeline.name, run?.status, run?.attempts.map(({ failure_class }) => failure_class)]).toEqual([
        pipeline.name,
        expect.stringMatching(/^(PENDING|SUBMITTING)$/),
        expect.not.arrayContaining([expect.any(String)]),
      ]);
      expect(pipeline.executions()).toEqual([]);
    }
  });

  it('runs what waited there once it is right', async () => {
    writeFileSync(secrets.expired, lab.token(600));

    const pipeline = pipelines.find(({ name }) => name === 'token-expired');
    const [run] = (await pipeline?.ended(90)) ?? [];

    expect(run && storyOf(run)).toBe('COMPLETED');
    expect((await healthOf('token-expired')).state).toBe('healthy');
  });
});

describe('an image that is not what was registered', () => {
  interface Damage {
    readonly name: string;
    readonly spoil: (image: string) => void;
    readonly says: RegExp;
  }
  const damages: readonly Damage[] = [
    { name: 'image-missing', spoil: (image) => renameSync(image, `${image}.away`), says: /is missing/ },
    { name: 'image-truncated', spoil: (image) => truncateSync(image, 1_000_000), says: /is damaged/ },
    {
      name: 'image-changed',
      spoil: (image) => appendFileSync(image, 'x'),
      says: /is not what was registered/,
    },
  ];
  const pathOf = (name: string): string => join(meridian.base, `${name}.sif`);
  let pipelines: readonly LabPipeline[];
  beforeAll(async () => {
    for (const { name } of damages) copyFileSync(lab.facts.image, pathOf(name));
    pipelines = await meridian.pipelines(
      damages.map(({ name, spoil }) => ({
        name,
        site: 'lab-rest',
        script: IS_DONE,
        location: { runtime: 'apptainer' },
        // A container sees only its own directories.
        software: { image: pathOf(name), environment: { BOOKS: '/workflow/workspace/books' } },
        meanwhile: () => spoil(pathOf(name)),
      })),
    );
  });

  it.each(damages)(
    'is told by the health of the location and by the doctor: $name',
    async ({ name, says }) => {
      // Whoever looks while it is being damaged sees that first, and looks again.
      const problem = await meridian.home.until(`${name} is found`, 90, async () => {
        const { image_problems: found } = await healthOf(name);
        return found.length === 1 && says.test(found[0] ?? '') ? (found[0] ?? null) : null;
      });
      const findings = (await doctor()).filter(({ check }) => check === `image at ${name}-at`);

      expect(problem).toContain(pathOf(name));
      expect(problem).not.toContain('\n');
      expect(findings).toMatchObject([{ ok: false, detail: problem }]);
    },
  );

  it('fails no run: each waits, and says for what', async () => {
    for (const [at, { says }] of damages.entries()) {
      const [run] =
        (await pipelines[at]?.until('its run waits', 60, (runs) =>
          runs.every(({ waiting_reason }) => says.test(waiting_reason ?? '')),
        )) ?? [];
      expect(run).toMatchObject({ status: 'PENDING', attempts: [] });
    }
  });

  it('runs what waited once the image is back', async () => {
    for (const { name } of damages) copyFileSync(lab.facts.image, pathOf(name));

    for (const pipeline of pipelines) {
      const [run] = await pipeline.ended(120);
      expect(run && storyOf(run)).toBe('COMPLETED');
    }
  });
});
