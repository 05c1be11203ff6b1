import type { Compiled } from "../compile/compiled.ts";
import type { RunState } from "../run/state.ts";
import { Bindings } from "./bindings.ts";
import { ComprehensionIndices, FunctionMocks, VirtualCache } from "./caches.ts";
import type { EvaluatedLabels } from "./evaluated-labels.ts";
import type { Operations } from "./frame.ts";
import type { InliningControl } from "./inlining.ts";
import { BaseReads, type Instrumentation } from "./instrumentation.ts";
import type { Node, RefNode, WalkedRule } from "./node.ts";
import { type RuleTreeNode, ruleTreeOf } from "./rule-tree.ts";
import { hasPrefix, type SaveSet, SaveStack, SaveSupport } from "./save.ts";
import type { Tracer } from "./trace.ts";

export interface MachineOptions {
  readonly operations: Operations;
  readonly compiled: Compiled;
  readonly run: RunState;
  readonly tracer?: Tracer | undefined;
  readonly partial?: PartialState | undefined;
  /** Takes the labels of the rules that answer. */
  readonly labels?: EvaluatedLabels | undefined;
  /** The author's names of the query's locals. */
  readonly names: ReadonlyMap<string, string>;
  readonly instrumentation?: Instrumentation | undefined;
  /** Whether the index rules out what cannot hold; default true. */
  readonly ruleIndexing?: boolean | undefined;
}

/** What one evaluation shares between all of its queries and rules. */
export class Machine {
  readonly operations: Operations;
  readonly compiled: Compiled;
  readonly run: RunState;
  readonly tracer: Tracer | undefined;
  readonly partial: PartialState | undefined;
  readonly labels: EvaluatedLabels | undefined;
  readonly names: ReadonlyMap<string, string>;
  readonly tree: RuleTreeNode;
  /** Of the query that was asked: its vars keep their names. */
  readonly caller: Bindings;
  readonly instrumentation: Instrumentation | undefined;
  readonly baseReads: BaseReads | undefined;
  readonly ruleIndexing: boolean;
  readonly cache: VirtualCache = new VirtualCache();
  readonly indices: ComprehensionIndices = new ComprehensionIndices();
  readonly mocks: FunctionMocks = new FunctionMocks();
  /** Documents that `with` has replaced. */
  readonly targets: (readonly RefNode[])[] = [];
  #nextQuery = 0;

  constructor(options: MachineOptions) {
    this.operations = options.operations;
    this.compiled = options.compiled;
    this.run = options.run;
    this.tracer = options.tracer;
    this.partial = options.partial;
    this.labels = options.labels;
    this.names = options.names;
    this.tree = ruleTreeOf(options.compiled);
    this.instrumentation = options.instrumentation;
    this.ruleIndexing = options.ruleIndexing !== false;
    this.baseReads = this.instrumentation && new BaseReads(this.instrumentation);
    this.caller = new Bindings(0, this.instrumentation);
  }

  nextQuery(): number {
    return this.#nextQuery++;
  }

  /** Whether what rules answer was kept. */
  countCached(isHit: boolean): void {
    this.instrumentation?.count(isHit ? "eval_op_virtual_cache_hit" : "eval_op_virtual_cache_miss");
  }

  /** True when `with` has replaced this document or one above it. */
  isReplaced(terms: readonly Node[]): boolean {
    return this.targets.some((level) => level.some((target) => hasPrefix(terms, target.terms)));
  }
}

/** What partial evaluation adds. */
export class PartialState {
  readonly saveSet: SaveSet;
  readonly stack: SaveStack = new SaveStack();
  readonly support: SaveSupport = new SaveSupport();
  readonly inlining: InliningControl;
  /** Support rules lie in packages below `data.<namespace>`. */
  readonly namespace: string;
  readonly skipNamespace: boolean;
  #answers = new Map<WalkedRule, boolean>();
  #version: object | undefined;

  constructor(saveSet: SaveSet, inlining: InliningControl, namespace: string, skipNamespace: boolean) {
    this.saveSet = saveSet;
    this.inlining = inlining;
    this.namespace = namespace;
    this.skipNamespace = skipNamespace;
  }

  /** Which rules depend on what is unknown, as far as was asked. */
  unknownRules(): Map<WalkedRule, boolean> {
    if (this.#version !== this.inlining.version) {
      this.#version = this.inlining.version;
      this.#answers = new Map();
    }
    return this.#answers;
  }
}
