import type { User } from './session.js';

/**
 * Why a session ended.
 *
 * - `logout`: by `logout()`.
 * - `expired`: it wasn't used for too long.
 * - `ended`: the server ended it: a logout on another device, a change of password, an operator, or a token that was used
 * twice, as by a thief.
 * - `elsewhere`: it is gone from the storage: another tab logged out, or the user cleared the browser's data.
 * - `replaced`: another user or session signed in, in another tab.
 * - `key_lost`: the key that it was bound to is gone.
 * - `storage_failed`: its new tokens couldn't be stored, and were revoked.
 */
export type SignedOutReason = 'logout' | 'expired' | 'ended' | 'elsewhere' | 'replaced' | 'key_lost' | 'storage_failed';

/** The events of a client. */
export interface Events {
  signedIn: { user: User };
  signedOut: { reason: SignedOutReason };
}

type Listener<T> = (event: T) => void;

/** Who listens. */
export class Listeners {
  readonly #of = new Map<keyof Events, Set<Listener<never>>>();

  add<K extends keyof Events>(name: K, listener: Listener<Events[K]>): () => void {
    const listeners = this.#of.get(name) ?? new Set();
    this.#of.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** A listener that throws keeps no other from hearing, and changes nothing in the client. */
  tell<K extends keyof Events>(name: K, event: Events[K]): void {
    for (const listener of this.#of.get(name) ?? []) {
      try {
        (listener as Listener<Events[K]>)(event);
      } catch (error) {
        (globalThis.reportError ?? console.error)(error);
      }
    }
  }
}
