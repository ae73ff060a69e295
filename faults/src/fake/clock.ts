/** The world's time: it moves only when somebody moves it, so that hours of back-off take no time and a seed brings them back. */
export class Clock {
  private at: number;

  constructor(startsAt: Date) {
    this.at = startsAt.getTime();
  }

  now = (): Date => new Date(this.at);

  get milliseconds(): number {
    return this.at;
  }

  advance(milliseconds: number): void {
    this.at += Math.round(milliseconds);
  }
}
