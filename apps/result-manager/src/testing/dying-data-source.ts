import type { DataSource, QueryRunner } from 'typeorm';

/** The process died here. */
export class Killed extends Error {}

/** Counts a process's statements, and lets it die at one of them: before it took effect, or after, with the reply lost. */
export interface Death {
  readonly at: number;
  readonly when: 'before' | 'after';
  /** Statements seen so far. */
  seen: number;
}

/**
 * Makes every statement of a data source pass by `death`. The connection is real; from its death on, every statement fails
 * but the ROLLBACK that the server itself would do for a client that is gone.
 */
export function makeMortal(dataSource: DataSource, death: Death): void {
  const create = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (...args) => mortalRunner(create(...args), death);
}

function mortalRunner(runner: QueryRunner, death: Death): QueryRunner {
  const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
  const mortal = async (...args: unknown[]): Promise<unknown> => {
    if (args[0] === 'ROLLBACK') return query(...args);
    death.seen += 1;
    if (death.seen > death.at || (death.seen === death.at && death.when === 'before')) throw new Killed();
    const result = await query(...args);
    if (death.seen === death.at) throw new Killed();
    return result;
  };
  runner.query = mortal as QueryRunner['query'];
  return runner;
}

/** Lets what is told the reply of the first statement with these words wait until `wait` is over. */
export function holdReply(dataSource: DataSource, words: string, wait: () => Promise<void>): void {
  const create = dataSource.createQueryRunner.bind(dataSource);
  let isHeld = false;
  dataSource.createQueryRunner = (...args) => {
    const runner = create(...args);
    const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
    const held = async (...args: unknown[]): Promise<unknown> => {
      const result = await query(...args);
      if (isHeld || !String(args[0]).includes(words)) return result;
      isHeld = true;
      await wait();
      return result;
    };
    runner.query = held as QueryRunner['query'];
    return runner;
  };
}

/** Makes every operation on a site's files pass by the same death: before it took effect, or after, with nobody there to hear of it. */
export function mortalFiles<Files extends object>(files: Files, death: Death): Files {
  return new Proxy(files, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        death.seen += 1;
        const isAt = death.seen === death.at;
        if (death.seen > death.at || (isAt && death.when === 'before')) throw new Killed();
        const result: unknown = await Reflect.apply(value, target, args);
        if (isAt) throw new Killed();
        return result;
      };
    },
  });
}

/** Tells of every statement of a data source before it is sent, by its number. */
export function watchStatements(dataSource: DataSource, tell: (number: number) => Promise<void>): void {
  const create = dataSource.createQueryRunner.bind(dataSource);
  let number = 0;
  dataSource.createQueryRunner = (...args) => {
    const runner = create(...args);
    const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
    runner.query = (async (...words: unknown[]) => {
      number += 1;
      await tell(number);
      return query(...words);
    }) as QueryRunner['query'];
    return runner;
  };
}
