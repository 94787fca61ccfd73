/** A moment, on both clocks of the device, in milliseconds. */
export interface Moment {
  wall: number;
  monotonic: number;
}

export const moment = (): Moment => ({ wall: Date.now(), monotonic: performance.now() });

/**
 * Milliseconds since a moment of this page or process.
 *
 * The wall clock may be set back, and then the monotonic one is right. The monotonic clock may stand still while the device
 * sleeps, and then
 * the wall clock is. A wall clock that is set ahead makes a token look older than it is, which costs one refresh.
 */
export const since = ({ wall, monotonic }: Moment): number => Math.max(Date.now() - wall, performance.now() - monotonic);

/** The server's clock, by the `Date` of its answers (RFC 9110, section 6.6.1). */
export class ServerClock {
  #heard: { at: Moment; time: number } | undefined;

  hear(headers: Headers): void {
    this.#set(Date.parse(headers.get('Date') ?? ''));
  }

  /** What an earlier page had found out. What this page knows itself counts more. */
  remember(skew: number): void {
    if (!this.#heard) {
      this.#set(Date.now() + skew);
    }
  }

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return this.#heard ? this.#heard.time + since(this.#heard.at) : Date.now();
  }

  /** By how many milliseconds the device's clock is behind. */
  get skew(): number {
    return this.now() - Date.now();
  }

  #set(time: number): void {
    if (!Number.isNaN(time)) {
      this.#heard = { at: moment(), time };
    }
  }
}
