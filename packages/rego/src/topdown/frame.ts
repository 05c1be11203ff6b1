import type { Location } from "../syntax/ast.ts";
import type { Value } from "../value/value.ts";
import { Bindings } from "./bindings.ts";
import type { Machine } from "./machine.ts";
import { known, type Node, type Query, refNode, type Step, type VarNode, varNode } from "./node.ts";
import { bodyNode, type TracedNode, type TraceOp } from "./trace.ts";

/**
 * Why a search ends before all ways are tried: a query that needs one way has found it. `deferred`: that query lies further out, and
 * loops on the way go on.
 */
export interface Stop {
  readonly deferred: boolean;
  readonly previous: Stop | undefined;
}

/** What follows when something holds: called once for each way. */
export type Next = () => Stop | undefined;

/** What a stop means to whoever asked the query that has ended. */
export function suppress(stop: Stop | undefined): Stop | undefined {
  return stop?.previous;
}

/** The parts of the walker that need each other. */
export interface Operations {
  readonly evaluate: (frame: Frame, next: Next) => Stop | undefined;
  /** The current expression, whatever its `with` has put in place. */
  readonly evaluateStep: (frame: Frame, next: Next) => Stop | undefined;
  readonly biunify: (frame: Frame, a: Node, b: Node, left: Bindings, right: Bindings, next: Next) => Stop | undefined;
}

/** One query or rule body on its way. */
export class Frame {
  readonly machine: Machine;
  readonly parent: Frame | undefined;
  readonly query: Query;
  readonly queryId: number;
  readonly bindings: Bindings;
  /** The names that the author gave to locals. */
  readonly names: ReadonlyMap<string, string>;
  input: Node | undefined;
  /** What `with` has put over base data. */
  data: Value | undefined;
  readonly baseData: Value;
  index = 0;
  /** One way through the body is enough. */
  findOne = false;
  /** The vars made for refs of unknown values so far. */
  generated: number;
  lastLocation: Location | undefined;

  private constructor(from: Frame | undefined, init: FrameInit) {
    this.machine = init.machine;
    this.parent = from;
    this.query = init.query;
    this.queryId = init.machine.nextQuery();
    this.bindings = init.bindings ?? new Bindings(this.queryId, init.machine.instrumentation);
    this.names = init.names;
    this.input = init.input;
    this.data = init.data;
    this.baseData = init.baseData;
    this.generated = from?.generated ?? 0;
    this.lastLocation = from?.lastLocation;
  }

  static root(machine: Machine, query: Query, input: Value | undefined, baseData: Value): Frame {
    const { caller, names } = machine;
    const node = input === undefined ? undefined : known(input);
    return new Frame(undefined, { machine, query, bindings: caller, names, input: node, data: undefined, baseData });
  }

  /** A body with the vars of this one. */
  closure(query: Query): Frame {
    return new Frame(this, { ...this.#init(query), bindings: this.bindings, names: this.names });
  }

  /** A rule's body, with vars of its own. */
  child(query: Query, names: ReadonlyMap<string, string>): Frame {
    return new Frame(this, { ...this.#init(query), bindings: undefined, names });
  }

  #init(query: Query): Omit<FrameInit, "bindings" | "names"> {
    return { machine: this.machine, query, input: this.input, data: this.data, baseData: this.baseData };
  }

  get step(): Step {
    return this.query[this.index] as Step;
  }

  get loc(): Location {
    return (this.query[this.index] ?? this.query.at(-1) ?? this.parent?.step)?.loc ?? nowhere;
  }

  /** The var that holds the value of the current expression. */
  termVar(): VarNode {
    return varNode(`$_term_${this.queryId}_${this.index}`);
  }

  refVar(): VarNode {
    return varNode(`$_ref_${this.generated++}`);
  }

  /** The path of a support rule. */
  namespaced(terms: readonly Node[]): readonly Node[] {
    const { partial } = this.machine;
    if (partial === undefined || partial.skipNamespace) return terms;
    const [head, ...rest] = terms;
    return [head as Node, known(partial.namespace), ...rest];
  }

  /** Evaluates what is left of the body. */
  evaluate(next: Next): Stop | undefined {
    return this.machine.operations.evaluate(this, next);
  }

  /** Evaluates a body; `next` is called for each way through it. Its events are those of a query of its own. */
  run(next: Next): Stop | undefined {
    const node = bodyNode(this.query);
    this.trace("Enter", node);
    return this.evaluate(() => {
      this.trace("Exit", node, this.findOne ? "early" : "");
      try {
        return next();
      } finally {
        this.trace("Redo", node);
      }
    });
  }

  /** Goes on with the next expression, and comes back to this one. */
  advance(next: Next): Stop | undefined {
    this.index++;
    const stop = this.evaluate(next);
    this.index--;
    return stop;
  }

  /** Makes two nodes of this query equal, in all ways. */
  unify(a: Node, b: Node, next: Next): Stop | undefined {
    return this.biunify(a, b, this.bindings, this.bindings, next);
  }

  /** The same for nodes with vars of different queries. */
  biunify(a: Node, b: Node, left: Bindings, right: Bindings, next: Next): Stop | undefined {
    return this.machine.operations.biunify(this, a, b, left, right, next);
  }

  trace(op: TraceOp, node: TracedNode, message = "", ref?: readonly Node[]): void {
    const { tracer } = this.machine;
    if (tracer === undefined) return;
    const location = node.kind === "case" ? undefined : (node.loc ?? this.lastLocation);
    if (location !== undefined) this.lastLocation = location;
    tracer.event({
      op,
      node,
      message,
      location,
      ref: ref === undefined ? undefined : refNode(ref),
      queryId: this.queryId,
      parentId: this.parent?.queryId ?? 0,
      bindings: this.bindings,
      cache: this.machine.cache,
      names: this.names,
    });
  }
}

interface FrameInit {
  readonly machine: Machine;
  readonly query: Query;
  readonly bindings: Bindings | undefined;
  readonly names: ReadonlyMap<string, string>;
  readonly input: Node | undefined;
  readonly data: Value | undefined;
  readonly baseData: Value;
}

/** The place of what nobody wrote. */
export const nowhere: Location = { file: "", row: 1, col: 1, offset: 0, end: 0, text: "" };
