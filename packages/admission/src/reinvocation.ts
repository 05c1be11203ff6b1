import { isSameValue, type KubeObject } from "@sallyport/kube";

/**
 * The second round of the mutating phase: upstream runs it once, when a webhook or policy changed the object after others had seen it.
 * One of these lives as long as a request. k8s.io/apiserver/pkg/admission ReinvocationContext.
 */
export class Reinvocation {
  isReinvoke = false;
  /** Set by a plugin whose change others should see. */
  isWanted = false;
  #callers: Map<string, Callers> | undefined;

  /** Whom a plugin has called so far. */
  callersOf(plugin: string): Callers {
    this.#callers ??= new Map();
    let known = this.#callers.get(plugin);
    if (known === undefined) {
      known = new Callers();
      this.#callers.set(plugin, known);
    }
    return known;
  }
}

/** Which of a plugin's webhooks or policies are called again in the second round. */
export class Callers {
  readonly #called = new Set<string>();
  readonly #again = new Set<string>();
  #last: KubeObject | null | undefined;
  /** Whether a patch has been applied: from then on the object is what was read from its JSON. */
  hasPatched = false;

  /** At the beginning of a second round: what others have changed meanwhile, all earlier ones must see. */
  begin(object: KubeObject | null): void {
    if (!isSameValue(this.#last ?? null, object)) this.changed();
  }

  /** The object has changed: whoever wants to be called again will be. */
  changed(): void {
    for (const key of this.#called) this.#again.add(key);
    this.#called.clear();
  }

  isCalledAgain(key: string): boolean {
    return this.#again.has(key);
  }

  /** One that asks to be called again (`reinvocationPolicy: IfNeeded`) has been called. */
  called(key: string): void {
    this.#called.add(key);
  }

  end(object: KubeObject | null): void {
    this.#last = object;
  }
}
