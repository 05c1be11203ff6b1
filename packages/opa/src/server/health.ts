/** Whether parts of a server are ready: bundles and plugins tell it of themselves. */
export class Health {
  readonly #plugins = new Map<string, boolean>();
  readonly #bundles = new Map<string, boolean>();

  plugin(name: string, isReady: boolean): void {
    this.#plugins.set(name, isReady);
  }

  /** `isActive`: its first activation was there. */
  bundle(name: string, isActive: boolean): void {
    this.#bundles.set(name, isActive);
  }

  /** Names of plugins that are not ready, but for those that do not count. */
  notReady(excluded: ReadonlySet<string>): readonly string[] {
    return [...this.#plugins].filter(([name, isReady]) => !isReady && !excluded.has(name)).map(([name]) => name);
  }

  get inactiveBundles(): readonly string[] {
    return [...this.#bundles].filter(([, isActive]) => !isActive).map(([name]) => name);
  }

  get plugins(): ReadonlyMap<string, boolean> {
    return this.#plugins;
  }
}
