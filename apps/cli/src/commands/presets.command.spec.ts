import { expandGroupingPreset, GROUPING_PRESETS, type Json } from '@meridian/core';
import pc from 'picocolors';
import { parse } from 'yaml';
import { runCli } from '../run-cli.js';
import type { Terminal } from '../terminal/terminal.js';

/** A command line's exit code and what it said. */
async function meridian(...argv: string[]) {
  const [out, notes]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    colors: pc.createColors(false),
    isLive: false,
    width: 200,
    print: (line) => void out.push(line),
    write: (text) => void out.push(text),
    note: (line) => void notes.push(line),
    draw: () => undefined,
  };
  const exitCode = await runCli(argv, { terminal, env: {}, cwd: '/' });
  return { exitCode, out: out.join('\n'), notes: notes.join('\n') };
}

describe('meridian presets', () => {
  it('lists every preset with what its sub-groups are, without a server', async () => {
    const { exitCode, out } = await meridian('presets');
    expect(exitCode).toBe(0);
    for (const { name, title } of GROUPING_PRESETS)
      expect(out.split('\n').some((line) => line.startsWith(name) && line.endsWith(title))).toBe(true);
    expect(out.split('\n').filter((line) => /^(ccat|dsa110|so-null)-/.test(line))).toHaveLength(
      GROUPING_PRESETS.length,
    );
  });

  it('shows one with its parameters, and what it builds as it could be written', async () => {
    const { exitCode, out } = await meridian('presets', 'so-null-pwv');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/pwv_limit +number 0 … 1000 +2 +In mm/);
    const written = parse(out.slice(out.indexOf('\ngroup_by:'))) as { group_by: Json };
    expect(written.group_by).toEqual(expandGroupingPreset({ preset: 'so-null-pwv' }).group_by);
  });

  it('answers with JSON', async () => {
    const { out } = await meridian('presets', 'dsa110-mosaic', '--json');
    expect(JSON.parse(out)).toMatchObject({
      name: 'dsa110-mosaic',
      parameters: expect.arrayContaining([expect.objectContaining({ name: 'size', default: 10 })]),
      builds: { step: { min_members: 3 } },
    });
    expect(JSON.parse((await meridian('presets', '--json')).out)).toHaveLength(GROUPING_PRESETS.length);
  });

  it('says so when there is no such preset', async () => {
    const { exitCode, notes } = await meridian('presets', 'so-null-tide');
    expect(exitCode).toBe(2);
    expect(notes).toContain('There is no preset "so-null-tide".');
  });
});
