import type { IncomingMessage, ServerResponse } from "node:http";
import { type KubeObject, type RbacReader, StatusError } from "@sallyport/kube";
import type { Attributes } from "../authorization/authorizer.ts";
import { FlowMetrics } from "../metrics/flow-metrics.ts";
import { FairQueues, type Limits } from "./fair-queues.ts";
import { classify, type LevelSpec } from "./schemas.ts";

interface Level {
  readonly queues: FairQueues;
  /** All levels as they were when its limits were worked out. */
  readonly all: readonly KubeObject[];
}

/** kube-apiserver's `--max-requests-inflight` and `--max-mutating-requests-inflight`, together. */
const defaultSeats = 600;

/** How long a refused client is told to wait. */
const retrySeconds = 1;

const group = "flowcontrol.apiserver.k8s.io";

/**
 * API Priority and Fairness: each request counts for the priority level of the flow schema that it fits, runs when the level has
 * a seat, waits in a fair queue, or is refused. https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
export class FlowControl {
  readonly #reader: RbacReader;
  readonly #seats: number;
  readonly #levels = new Map<string, Level>();
  readonly #metrics: FlowMetrics;

  constructor(reader: RbacReader, seats = defaultSeats, metrics: FlowMetrics = new FlowMetrics()) {
    this.#reader = reader;
    this.#seats = seats;
    this.#metrics = metrics;
  }

  /** Gives a request its seat, which is free again when it is answered: at once, where there is one, else it resolves later. Throws the refusal. */
  admit(request: IncomingMessage, response: ServerResponse, attributes: Attributes): void | Promise<void> {
    // Streams have no seat, but for watches while they begin.
    if (isLongRunning(attributes) && attributes.verb !== "watch") return;
    const classified = classify(this.#reader, attributes);
    if (classified === undefined) return;
    const { schema, level } = classified;
    response.setHeader("x-kubernetes-pf-flowschema-uid", schema.metadata.uid ?? "");
    response.setHeader("x-kubernetes-pf-prioritylevel-uid", level.metadata.uid ?? "");
    const spec = level["spec"] as LevelSpec;
    if (isLongRunning(attributes)) return;
    const isReading = readingVerbs.has(attributes.verb);
    const trace = this.#metrics.trace(schema.metadata.name ?? "", level.metadata.name ?? "", isReading);
    if (spec.type === "Exempt") {
      trace.runs();
      response.once("close", trace.ended);
      return;
    }
    const queues = this.#queuesOf(level, spec);
    const entered = queues.enter(classified.flow, trace.waits);
    if (entered === undefined) {
      trace.refused(queues.isQueuing ? "queue-full" : "concurrency-limit");
      throw tooMany(response);
    }
    const run = (leave: () => void) => {
      trace.runs();
      leaveWith(
        () => {
          leave();
          trace.ended();
        },
        request,
        response,
      );
    };
    if (!(entered instanceof Promise)) return run(entered);
    return entered.then(run);
  }

  /** Limits are worked out anew when one of the levels has changed: the list of them is another one then. */
  #queuesOf({ metadata: { name = "" } }: KubeObject, spec: LevelSpec): FairQueues {
    const all = this.#reader.list(group, "prioritylevelconfigurations");
    const known = this.#levels.get(name);
    if (known?.all === all) return known.queues;
    const limits = this.#limitsOf(spec, all);
    this.#metrics.limited(name, limits.seats);
    const queues = known?.queues ?? new FairQueues(limits);
    queues.limits = limits;
    this.#levels.set(name, { queues, all });
    return queues;
  }

  /** A level's part of all seats, by its shares. */
  #limitsOf({ limited = {} }: LevelSpec, levels: readonly KubeObject[]): Limits {
    const all = levels.reduce((sum, { spec }) => sum + sharesOf(spec as LevelSpec), 0);
    const own = limited.nominalConcurrencyShares ?? defaultShares;
    const seats = Math.max(1, Math.ceil((this.#seats * own) / Math.max(1, all)));
    if (limited.limitResponse?.type !== "Queue") return { seats };
    const { queues = 64, handSize = 8, queueLengthLimit = 50 } = limited.limitResponse.queuing ?? {};
    return { seats, queuing: { queues, handSize, queueLengthLimit } };
  }
}

/** Who waited may be gone by now. */
function leaveWith(leave: () => void, request: IncomingMessage, response: ServerResponse): void {
  if (request.destroyed || response.destroyed) leave();
  else response.once("close", leave);
}

const defaultShares = 30;

function sharesOf({ type, limited }: LevelSpec): number {
  return type === "Exempt" ? 0 : (limited?.nominalConcurrencyShares ?? defaultShares);
}

const readingVerbs = new Set(["get", "list", "watch"]);

const longSubresources = new Set(["attach", "exec", "log", "portforward", "proxy"]);

/** Watches and streams would hold a seat for hours. */
function isLongRunning({ verb, subresource = "" }: Attributes): boolean {
  return verb === "watch" || longSubresources.has(subresource);
}

function tooMany(response: ServerResponse): StatusError {
  response.setHeader("retry-after", String(retrySeconds));
  return new StatusError("TooManyRequests", "too many requests, please try again later", {
    retryAfterSeconds: retrySeconds,
  });
}
