import {
  exitOfEnded,
  readDuration,
  readExit,
  readJobKey,
  readReason,
  readStates,
  readTable,
  readTime,
  readTimeLimit,
} from './slurm-values.js';
import { UnreadableAnswer } from './unreadable-answer.js';

describe('readTable', () => {
  const heading = ['JOBID', 'NAME'];

  it('has the values of every record, whatever is in the last of them', () => {
    expect(readTable('JobID|;Name|;\n1|;a|b|;\n2_[1-3]|;two\nlines|;', '|;', heading)).toEqual([
      ['1', 'a|b'],
      ['2_[1-3]', 'two\nlines'],
    ]);
  });

  it('drops what a wrapper says before, between and after', () => {
    expect(readTable('use sparingly\nJOBID|;NAME|;\nhello\n1|;a|;\nbye', '|;', heading)).toEqual([
      ['1', 'a'],
    ]);
  });

  it.each(['', 'no jobs', '1|;a|;', 'JOBID|;NAME|;STATE|;', 'NAME|;JOBID|;'])(
    'takes %j for no table, not for an empty one',
    (text) => {
      expect(() => readTable(text, '|;', heading)).toThrow(UnreadableAnswer);
    },
  );
});

it.each([
  ['12', '12', { kind: 'single', id: 12 }],
  ['12_0', '12', { kind: 'task', arrayId: 12, index: 0, id: 12 }],
  ['12_7', '19', { kind: 'task', arrayId: 12, index: 7, id: 19 }],
  ['12_7', '', { kind: 'task', arrayId: 12, index: 7, id: null }],
  ['12_[3]', '12', { kind: 'pending', arrayId: 12, indices: '3' }],
  ['12_[0-9,11,20-30:2%4]', '12', { kind: 'pending', arrayId: 12, indices: '0-9,11,20-30:2' }],
  ['12+1', '13', null],
])('readJobKey(%s)', (arrayId, rawId, key) => {
  expect(readJobKey(arrayId, rawId)).toEqual(key);
});

it.each(['', 'x', '12_', '12_[0-9', '12.batch', '12_[0-9,...]'])('readJobKey refuses %j', (text) => {
  expect(() => readJobKey(text, '1')).toThrow(UnreadableAnswer);
});

it.each([
  ['RUNNING', ['RUNNING']],
  ['CANCELLED by 1002', ['CANCELLED']],
  ['RUNNING,COMPLETING', ['RUNNING', 'COMPLETING']],
])('readStates(%s)', (text, states) => {
  expect(readStates(text)).toEqual(states);
});

it.each(['', 'COMPL*** motd ***ETED', 'completed'])('readStates refuses %j', (text) => {
  expect(() => readStates(text)).toThrow(UnreadableAnswer);
});

it.each([
  ['3:0', { status: 3, signal: 0 }],
  ['0:125', { status: 0, signal: 125 }],
  ['768', { status: 3, signal: 0 }],
  ['9', { status: 0, signal: 9 }],
  ['139', { status: 0, signal: 11 }],
  ['253', { status: 0, signal: 125 }],
  ['32512', { status: 127, signal: 0 }],
])('readExit(%s)', (text, exit) => {
  expect(readExit(text)).toEqual(exit);
});

it('a job that has not ended has no exit code', () => {
  expect(exitOfEnded(['RUNNING'], '0:0')).toBeNull();
  expect(exitOfEnded(['FAILED', 'COMPLETING'], '3:0')).toBeNull();
  expect(exitOfEnded(['FAILED'], '3:0')).toEqual({ status: 3, signal: 0 });
  expect(() => exitOfEnded(['FAILED'], '')).toThrow(UnreadableAnswer);
});

it('readTime has no time for what has not happened', () => {
  expect(['N/A', 'None', 'Unknown', '', '0'].map(readTime)).toEqual([null, null, null, null, null]);
  expect(readTime('1795233050')).toEqual(new Date(1_795_233_050_000));
  expect(() => readTime('2026-11-21T03:26:01')).toThrow(UnreadableAnswer);
});

it('readReason has no reason for None', () => {
  expect([readReason('None'), readReason('Priority')]).toEqual([null, 'Priority']);
});

it.each([
  ['00:00.002', 0.002],
  ['00:00:00', 0],
  ['02:03:04', 7384],
  ['1-02:03:04', 93_784],
])('readDuration(%s)', (text, seconds) => {
  expect(readDuration(text)).toBe(seconds);
});

it.each([
  ['infinite', null],
  ['UNLIMITED', null],
  ['10:00', 10],
  ['1:00:00', 60],
  ['7-00:00:00', 10_080],
])('readTimeLimit(%s)', (text, minutes) => {
  expect(readTimeLimit(text)).toBe(minutes);
});
