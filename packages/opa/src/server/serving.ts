import type { Effects, EvaluateOptions, QueryOptions, RegoPolicy, WalkOptions } from "@sallyport/rego";
import type { Struct } from "../answers/json-text.ts";
import { Metrics } from "../answers/metrics.ts";
import type { ServerConfig } from "./config.ts";
import type { DecisionLogger } from "./decision.ts";
import { isOn, type ServerRequest } from "./exchange.ts";
import type { PolicyState } from "./policy-state.ts";
import type { RequestMetrics } from "./request-metrics.ts";

/** What a policy server tells of itself. */
export interface BuildInfo {
  readonly version: string;
  readonly commit: string;
  readonly timestamp: string;
  readonly hostname: string;
}

/** What the handlers of one server share. */
export interface Serving {
  readonly state: PolicyState;
  /** The effects of one evaluation for a request. */
  readonly effects: (request: ServerRequest) => Effects;
  readonly config: ServerConfig;
  readonly requests: RequestMetrics;
  readonly build: BuildInfo;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly plugins?: PluginsView;
}

/** What handlers know of the plugins: bundles, status, decision logs. */
export interface PluginsView {
  /** By OPA's names. */
  readonly states: () => { readonly [plugin: string]: "OK" | "NOT_READY" };
  readonly areBundlesReady: () => boolean;
  /** Where decisions are logged now; undefined for nowhere. */
  readonly decisions: DecisionLogger | undefined;
  /** How all goes; undefined where nobody is told. */
  readonly status: () => Promise<Struct | undefined>;
}

/** Callers have gone by then: kube-apiserver waits 30 s at most for a webhook. */
const maxEvaluationMs = 30_000;

/** How one request is evaluated: as long as somebody waits for it, as OPA without a limit of steps. */
export function evaluation(
  { effects, clock }: Serving,
  request: ServerRequest,
  isStrict: boolean = false,
): EvaluateOptions {
  return {
    effects: effects(request),
    clock,
    deadline: clock() + maxEvaluationMs,
    limits: { steps: Number.POSITIVE_INFINITY },
    strictBuiltinErrors: isStrict,
  };
}

/** Times one request. */
export class Timing {
  readonly metrics = new Metrics();
  readonly #clock: () => number;
  readonly #start: number;

  constructor({ clock }: Serving) {
    this.#clock = clock;
    this.#start = clock();
  }

  isAsked(request: ServerRequest): boolean {
    return isOn(request, "metrics") || isOn(request, "instrument");
  }

  /** For the stages of a query's compiler: timed where the client asks for them. */
  stages(request: ServerRequest): Pick<QueryOptions, "timed"> {
    return isOn(request, "instrument") ? { timed: this.metrics.timed.bind(this.metrics) } : {};
  }

  /** For the operations of the evaluation, which then is a walk, where the client asks for them. */
  operations(request: ServerRequest): Pick<WalkOptions, "instrumentation"> {
    return isOn(request, "instrument") ? { instrumentation: this.metrics.instrumentation() } : {};
  }

  /** What the client is told of it, when he has asked. */
  told(request: ServerRequest): { readonly metrics?: ReturnType<Metrics["json"]> } {
    return this.isAsked(request) ? { metrics: this.metrics.json() } : {};
  }

  /** The handler is done. */
  end(): this {
    this.metrics.add("server_handler", this.#clock() - this.#start);
    return this;
  }
}

/** Which documents have been asked for since the policies changed last: what was prepared for them is still there. */
export class PreparedPaths {
  #policy: RegoPolicy | undefined;
  #paths = new Set<string>();

  /** Counts in a request's metrics whether it was asked for before. */
  count(policy: RegoPolicy, path: string, metrics: Metrics): void {
    if (policy !== this.#policy) this.#paths = new Set();
    this.#policy = policy;
    const isKnown = this.#paths.has(path);
    if (!isKnown && this.#paths.size < maxPaths) this.#paths.add(path);
    metrics.count("server_query_cache_hit", isKnown ? 1 : 0);
    if (!isKnown) metrics.add("rego_query_compile", 0);
  }
}

/** Paths come from clients. */
const maxPaths = 10_000;
