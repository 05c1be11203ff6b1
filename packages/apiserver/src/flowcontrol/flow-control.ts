import type { IncomingMessage, ServerResponse } from "node:http";
import { type RbacReader, StatusError } from "@sallyport/kube";
import type { Attributes } from "../authorization/authorizer.ts";
import { FlowMetrics } from "../metrics/flow-metrics.ts";
import { PriorityLevels } from "./priority-levels.ts";
import { classify, type LevelSpec } from "./schemas.ts";

/** kube-apiserver's `--max-requests-inflight` and `--max-mutating-requests-inflight`, together. */
const defaultSeats = 600;

/** How often levels lend each other seats. */
const adjustMs = 10_000;

/** How long a refused client is told to wait. */
const retrySeconds = 1;

const group = "flowcontrol.apiserver.k8s.io";
const levels = "prioritylevelconfigurations";

/**
 * API Priority and Fairness: each request counts for the priority level of the flow schema that it fits, runs when the level has
 * a seat, waits in a fair queue, or is refused. https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
export class FlowControl {
  readonly #reader: RbacReader;
  readonly #levels: PriorityLevels;
  readonly #metrics: FlowMetrics;
  readonly #timer: NodeJS.Timeout;

  constructor(reader: RbacReader, seats = defaultSeats, metrics: FlowMetrics = new FlowMetrics()) {
    this.#reader = reader;
    this.#levels = new PriorityLevels(seats, metrics);
    this.#metrics = metrics;
    this.#timer = setInterval(() => this.#levels.adjust(), adjustMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
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
    const queues = this.#levels.queuesOf(level.metadata.name ?? "", this.#reader.list(group, levels));
    if (queues === undefined) return;
    const entered = spec.type === "Exempt" ? queues.enterAlways() : queues.enter(classified.flow, trace.waits);
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
}

/** Who waited may be gone by now. */
function leaveWith(leave: () => void, request: IncomingMessage, response: ServerResponse): void {
  if (request.destroyed || response.destroyed) leave();
  else response.once("close", leave);
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
