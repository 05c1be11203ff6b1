import { diffObjects, internalError, isSameValue, type KubeObject, StatusError } from "@sallyport/kube";
import type { Decision, Outcome, PatchOperation, Phase, Reason, Step } from "./decision.ts";
import type { Annotations, Plugin, PluginContext, PluginFunction, PluginResult } from "./plugin.ts";
import { Reinvocation } from "./reinvocation.ts";
import { type Operation, type Request, withObject } from "./request.ts";
import type { ChainEffects, Snapshot } from "./snapshot.ts";

export interface AdmitOptions {
  /** In order; see `createChain`. */
  readonly plugins: readonly Plugin[];
  /**
   * Runs between the phases, as the API server validates there: answers the object to go on with, or throws `StatusError`.
   */
  readonly validate?: (object: KubeObject | null) => KubeObject | null | Promise<KubeObject | null>;
  /** Only this phase: an API server asks webhooks in two rounds. Both when absent. */
  readonly phase?: Phase;
}

/**
 * The whole chain: all mutating plugins in order, once more where a webhook or policy wants it, then validation, then all validating plugins. The first refusal ends it, as
 * kube-apiserver ends it; a plugin that throws has refused (fail closed).
 */
export async function admit(
  request: Request,
  snapshot: Snapshot,
  effects: ChainEffects,
  options: AdmitOptions,
): Promise<Decision> {
  const run = new Run(request, snapshot, effects);
  const { plugins, phase, validate } = options;
  if (phase !== "validating") {
    const isMutated =
      (await run.phase("mutating", plugins)) && (!run.wantsSecondRound || (await run.reinvoke(plugins)));
    if (!isMutated) return run.decision(false);
  }
  if (phase === "mutating") return run.decision(true);
  return run.decision((await run.validate(validate)) && (await run.phase("validating", plugins)));
}

/** A plugin's part in a phase; `handler` is absent where it does not look at the operation, which `step` then says. */
interface Part {
  readonly plugin: Plugin;
  readonly handler: PluginFunction | undefined;
  /** What it said when it last passed something over: most plugins say that of most requests, in the same words. */
  step: Step | undefined;
}

type PartsByOperation = Map<Operation, readonly Part[]>;

/** The parts of a chain by phase and operation: worked out once, and a process has few chains. */
const partsOfChains = new WeakMap<readonly Plugin[], { readonly [phase in Phase]: PartsByOperation }>();

function partsOf(plugins: readonly Plugin[], phase: Phase, operation: Operation): readonly Part[] {
  let chain = partsOfChains.get(plugins);
  if (chain === undefined) {
    chain = { mutating: new Map(), validating: new Map() };
    partsOfChains.set(plugins, chain);
  }
  let parts = chain[phase].get(operation);
  if (parts === undefined) {
    parts = plugins.flatMap((plugin) => partOf(plugin, phase, operation));
    chain[phase].set(operation, parts);
  }
  return parts;
}

function partOf(plugin: Plugin, phase: Phase, operation: Operation): readonly Part[] {
  const handler = phase === "mutating" ? plugin.mutate : plugin.validate;
  if (handler === undefined) return [];
  if (plugin.operations.includes(operation)) return [{ plugin, handler, step: undefined }];
  return [{ plugin, handler: undefined, step: skippedStep(plugin, phase, `does not look at ${operation}`) }];
}

const noReasons: readonly Reason[] = [];

function skippedStep({ name }: Plugin, phase: Phase, why: string): Step {
  return { plugin: name, phase, outcome: "skipped", why, reasons: noReasons, cost: 0 };
}

/** The step of a part that only passes over; undefined of one that says more. */
function overlooked(part: Part, phase: Phase, result: PluginResult): Step | undefined {
  if (result.outcome !== "skipped") return undefined;
  const { why, warnings, auditAnnotations, patchAnnotations, reasons } = result;
  if ((warnings ?? auditAnnotations ?? patchAnnotations ?? reasons) !== undefined) return undefined;
  if (part.step?.why !== why) part.step = skippedStep(part.plugin, phase, why);
  return part.step;
}

const noWarnings: readonly string[] = [];

class Run {
  #request: Request;
  /** What plugins are given, made anew for each new request. */
  #context: PluginContext | undefined;
  readonly #snapshot: Snapshot;
  readonly #effects: ChainEffects;
  readonly #steps: Step[] = [];
  #warnings: Set<string> | undefined;
  #annotations: Annotations = {};
  #patchAnnotations: Annotations = {};
  #status: Decision["status"];
  readonly #reinvocation = new Reinvocation();

  constructor(request: Request, snapshot: Snapshot, effects: ChainEffects) {
    this.#request = request;
    this.#snapshot = snapshot;
    this.#effects = effects;
  }

  /** A webhook or policy has changed what others had seen. */
  get wantsSecondRound(): boolean {
    return this.#reinvocation.isWanted;
  }

  /** The second round: all mutating plugins again. */
  reinvoke(plugins: readonly Plugin[]): Promise<boolean> {
    this.#reinvocation.isReinvoke = true;
    return this.phase("mutating", plugins);
  }

  /** The clock is not read for plugins that pass over, which takes less than reading it: their time is with the next one's. */
  async phase(phase: Phase, plugins: readonly Plugin[]): Promise<boolean> {
    const parts = partsOf(plugins, phase, this.#request.operation);
    let start = this.#effects.ticks();
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Part;
      const { plugin, handler } = part;
      // Waiting for what is there already would take longer than most plugins do.
      const asked = handler && this.#call(plugin, handler);
      const result = asked instanceof Promise ? await asked.catch((error) => errored(plugin, error)) : asked;
      const step = result === undefined ? part.step : overlooked(part, phase, result);
      if (result === undefined || step !== undefined) {
        // Of the second round only what it did is told.
        if (step !== undefined && !(this.#reinvocation.isReinvoke && phase === "mutating")) this.#steps.push(step);
        continue;
      }
      const end = this.#effects.ticks();
      this.#record(plugin.name, phase, result, Math.round(end - start));
      start = end;
      if (result.outcome === "denied" || result.outcome === "errored") return false;
    }
    return true;
  }

  #call(plugin: Plugin, handler: PluginFunction): PluginResult | Promise<PluginResult> {
    if (this.#context?.request !== this.#request)
      this.#context = {
        request: this.#request,
        snapshot: this.#snapshot,
        effects: this.#effects,
        reinvocation: this.#reinvocation,
      };
    try {
      return handler(this.#context);
    } catch (error) {
      return errored(plugin, error);
    }
  }

  async validate(validate: AdmitOptions["validate"]): Promise<boolean> {
    if (validate === undefined) return true;
    const start = this.#effects.ticks();
    try {
      const object = await validate(this.#request.object);
      // A name that was generated is known from here on.
      const name = this.#request.name || (object?.metadata?.name ?? "");
      this.#request = { ...withObject(this.#request, object), name };
      return true;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const { message = "", details } = error.status;
      const reasons = (details?.causes ?? []).map((cause) => ({
        code: "invalid",
        message: cause.message ?? "",
        fieldPath: cause.field ?? "",
      }));
      this.#record(
        "Validation",
        "validating",
        { outcome: "denied", why: message, status: error.status, reasons },
        Math.round(this.#effects.ticks() - start),
      );
      return false;
    }
  }

  #record(plugin: string, phase: Phase, result: PluginResult, cost: number): void {
    if (result.warnings !== undefined) this.#warnings = new Set([...(this.#warnings ?? []), ...result.warnings]);
    // The first to say something has said it.
    if (result.auditAnnotations !== undefined) this.#annotations = { ...result.auditAnnotations, ...this.#annotations };
    if (result.patchAnnotations !== undefined)
      this.#patchAnnotations = { ...result.patchAnnotations, ...this.#patchAnnotations };
    const reasons = "reasons" in result ? (result.reasons ?? noReasons) : noReasons;
    if (result.outcome === "mutated") {
      this.#steps.push(mutatedStep(plugin, phase, result, this.#request.object, cost));
      this.#request = withObject(this.#request, result.object);
      return;
    }
    // Of the second round only what it did is told.
    const isNews = !this.#reinvocation.isReinvoke || phase !== "mutating" || "status" in result;
    if (isNews) this.#steps.push({ plugin, phase, outcome: result.outcome, why: result.why, reasons, cost });
    if ("status" in result) this.#status = result.status;
  }

  decision(allowed: boolean): Decision {
    const shared = {
      object: this.#request.object,
      warnings: this.#warnings === undefined ? noWarnings : [...this.#warnings],
      auditAnnotations: this.#annotations,
      patchAnnotations: this.#patchAnnotations,
      steps: this.#steps,
    };
    return allowed || this.#status === undefined
      ? { allowed, ...shared }
      : { allowed, ...shared, status: this.#status };
  }
}

/** What changed is worked out when somebody reads it: servers answer without. */
function mutatedStep(
  plugin: string,
  phase: Phase,
  { why, object }: Extract<PluginResult, { outcome: "mutated" }>,
  before: KubeObject | null,
  cost: number,
): Step {
  const outcome: Outcome = isSameValue(before, object) ? "admitted" : "mutated";
  let patch: readonly PatchOperation[] | undefined;
  return {
    plugin,
    phase,
    outcome,
    why,
    get patch() {
      patch ??= diffObjects(before, object) as readonly PatchOperation[];
      return patch;
    },
    reasons: noReasons,
    cost,
  };
}

/** A plugin that fails has refused. */
function errored({ name }: Plugin, error: unknown): PluginResult {
  const { status } =
    error instanceof StatusError
      ? error
      : internalError(`admission plugin "${name}" failed: ${(error as Error).message}`);
  return { outcome: "errored", why: (error as Error).message, status, reasons: [] };
}
