import { messageOf } from '@meridian/core';
import pino from 'pino';
import type { DataSource } from 'typeorm';
import { EvaluateGapsPass } from '../passes/evaluate-gaps.pass.js';

/** One replica of the trigger-manager, whose clock the history holds. */
export class Evaluator {
  readonly errors: string[] = [];
  private pass: EvaluateGapsPass;

  constructor(
    private readonly dataSource: DataSource,
    private readonly name: string,
    private readonly now: () => Date,
  ) {
    this.pass = this.begin();
  }

  /** A new process: it remembers nothing. */
  restart(): void {
    this.pass = this.begin();
  }

  /** One tick. What goes wrong is in `errors`, whether the pass told its logger or its caller. */
  async tick(): Promise<void> {
    try {
      await this.pass.run(new AbortController().signal);
    } catch (error) {
      this.errors.push(messageOf(error));
    }
  }

  private begin(): EvaluateGapsPass {
    const write = (line: string): void => {
      const { err, msg } = JSON.parse(line) as { err?: { message: string }; msg: string };
      this.errors.push(err?.message ?? msg);
    };
    return new EvaluateGapsPass({
      dataSource: this.dataSource,
      actor: `trigger-manager@${this.name}`,
      logger: pino({ level: 'error' }, { write }),
      now: () => Promise.resolve(this.now()),
      fireLimit: 1000,
    });
  }
}
