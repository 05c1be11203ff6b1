import type { Location } from "../syntax/ast.ts";
import { cacheKey, type VirtualCache } from "./caches.ts";
import { type Node, type RefNode, refNode } from "./node.ts";
import { refsOfQuery } from "./query-refs.ts";
import type { TracedNode, TraceEvent, TraceOp, Tracer } from "./trace.ts";
import { collectPlaces } from "./variable-places.ts";

/** What `--explain` shows of an evaluation. */
export type ExplainMode = "off" | "full" | "notes" | "fails" | "debug";

/** An event with what the variables were bound to then. */
export interface RecordedEvent {
  readonly op: TraceOp;
  readonly node: TracedNode;
  readonly location: Location | undefined;
  readonly message: string;
  readonly ref: RefNode | undefined;
  readonly queryId: number;
  readonly parentId: number;
  /** By the compiler's names; empty unless asked for. */
  readonly locals: ReadonlyMap<string, Node>;
  /** What the rules that the event's expression refers to have answered by then; empty unless asked for. */
  readonly answers: readonly Answer[];
  readonly names: ReadonlyMap<string, string>;
  /** Where variables were bound; empty unless locals are asked for. */
  readonly places: ReadonlyMap<string, Location>;
}

export interface Answer {
  readonly ref: RefNode;
  readonly value: Node;
}

/** More events than this are not kept: the last of them says so. A trace of this length cannot be read, and must fit in memory. */
const maxEvents = 2_000_000;

const noLocals: ReadonlyMap<string, Node> = new Map();
const noAnswers: readonly Answer[] = [];

/** Keeps all events. */
export class TraceBuffer implements Tracer {
  readonly #events: RecordedEvent[] = [];
  readonly #withLocals: boolean;
  readonly #places = new Map<string, Location>();

  constructor(options: { readonly locals?: boolean } = {}) {
    this.#withLocals = options.locals === true;
  }

  begin(): void {
    this.#events.length = 0;
  }

  event({ bindings, cache, ...event }: TraceEvent): void {
    if (this.#events.length >= maxEvents) return;
    const locals = this.#withLocals ? new Map(bindings.entries().map(([{ name }, node]) => [name, node])) : noLocals;
    const answers = this.#withLocals ? answersFor(event.node, cache) : noAnswers;
    if (this.#withLocals) collectPlaces(event, this.#places);
    this.#events.push({ ...event, locals, answers, places: this.#places });
  }

  /** The events that a mode shows. */
  explain(mode: ExplainMode): readonly RecordedEvent[] {
    switch (mode) {
      case "off":
        return [];
      case "debug":
        return this.#events;
      case "full":
        return this.#events.filter(({ op }) => op !== "Unify");
      case "notes":
        return withLineage(this.#events, ({ op }) => op === "Note");
      case "fails":
        return withLineage(this.#events, ({ op }) => op === "Fail");
    }
  }

  /** What of a test that fails is shown in the mode `fails`: notes too. */
  failuresAndNotes(): readonly RecordedEvent[] {
    return withLineage(this.#events, ({ op }) => op === "Fail" || op === "Note");
  }
}

function answersFor(node: TracedNode, cache: VirtualCache): readonly Answer[] {
  const query = node.kind === "body" ? node.query : node.kind === "step" ? [node.step] : [];
  return refsOfQuery(query).flatMap((terms) => {
    const value = cache.get(cacheKey(terms))?.value;
    return value === undefined ? [] : [{ ref: refNode(terms), value }];
  });
}

/** Some events, each behind those that led to it: the queries and rules that were entered, as far as they were not shown yet. */
function withLineage(
  events: readonly RecordedEvent[],
  isWanted: (event: RecordedEvent) => boolean,
): readonly RecordedEvent[] {
  const shown: RecordedEvent[] = [];
  let entered = new Map<number, RecordedEvent>();
  for (const event of events) {
    if (isWanted(event)) {
      shown.push(...lineageOf(event, entered), event);
      entered = new Map();
    }
    const isQuery = event.node.kind === "rule" || event.node.kind === "body";
    if (isQuery && (event.op === "Enter" || event.op === "Redo")) entered.set(event.queryId, event);
  }
  return shown;
}

function lineageOf(event: RecordedEvent, entered: ReadonlyMap<number, RecordedEvent>): readonly RecordedEvent[] {
  const path: RecordedEvent[] = [];
  let current = entered.get(event.queryId);
  let last: RecordedEvent | undefined;
  while (current !== undefined && current !== last) {
    path.unshift(current);
    last = current;
    current = entered.get(current.parentId);
  }
  return path;
}
