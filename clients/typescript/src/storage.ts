/**
 * Where a client keeps its session, and the sign-ins that have begun. Write one for what your platform has.
 *
 * All tabs and processes that use the same session must use the same storage.
 */
export interface Storage {
  read(name: string): Promise<string | undefined>;
  /**
   * Replaces a value by what `change` makes of it, and returns that. Nobody else may write in between. `change` may be called
   * more than once,
   * returns at once and has no effects. With undefined the value is removed.
   */
  update(name: string, change: (value: string | undefined) => string | undefined): Promise<string | undefined>;
}

/** A storage that is gone with the page or process. */
export function memoryStorage(values = new Map<string, string>()): Storage {
  return {
    read: async (name) => values.get(name),
    update: async (name, change) => {
      const value = change(values.get(name));
      if (value === undefined) {
        values.delete(name);
      } else {
        values.set(name, value);
      }
      return value;
    },
  };
}
