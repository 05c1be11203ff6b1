import { badPath, overlay } from "../run/runtime.ts";
import type { Value } from "../value/value.ts";
import { placeOf } from "./errors.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { beginsWith, isDocument, known, type Node, type Override, type RefNode } from "./node.ts";
import { collectRefs, collectStepRefs } from "./query-refs.ts";
import { functionName, isFunction, saveCurrent } from "./saving.ts";

/** Evaluates an expression with other documents or functions in place; what follows it sees the old ones. */
export function evaluateWith(frame: Frame, next: Next): Stop | undefined {
  const disabled = refsToKeep(frame);
  if (disabled === "unknown") return saveCurrent(frame, () => frame.advance(next));
  const replaced = new Replacement(frame, disabled);
  replaced.push();
  const stop = frame.machine.operations.evaluateStep(frame, () => {
    replaced.pop();
    const inner = frame.advance(next);
    replaced.push();
    return inner;
  });
  replaced.pop();
  return stop;
}

/**
 * In partial evaluation, the refs of the expression: what they mean depends on its `with`, so they may not be inlined. Unknown when a
 * document is replaced by something that is.
 */
function refsToKeep(frame: Frame): readonly (readonly Node[])[] | "unknown" {
  const { partial, compiled } = frame.machine;
  if (partial === undefined) return [];
  const refs: (readonly Node[])[] = [];
  for (const { target, value } of frame.step.with) {
    if (isFunction(compiled, target) || !isDocument(target.terms)) {
      collectRefs(value, refs);
      continue;
    }
    if (partial.saveSet.containsInside(value, frame.bindings)) return "unknown";
    collectRefs(target, refs);
    collectRefs(value, refs);
  }
  collectStepRefs({ ...frame.step, with: [] }, refs);
  return refs;
}

/** Documents and functions put in place and taken away again, as often as the search goes in and out. */
class Replacement {
  readonly #frame: Frame;
  readonly #disabled: readonly (readonly Node[])[];
  readonly #mocks = new Map<string, Node>();
  readonly #targets: RefNode[] = [];
  #input: Node | undefined;
  #data: Value | undefined;

  constructor(frame: Frame, disabled: readonly (readonly Node[])[]) {
    this.#frame = frame;
    this.#disabled = disabled;
    this.#input = frame.input;
    this.#data = frame.data;
    for (const each of frame.step.with) this.#add(each);
  }

  #add({ target, value }: Override): void {
    const { bindings, machine } = this.#frame;
    const plugged = bindings.plug(value);
    if (isFunction(machine.compiled, target)) this.#mocks.set(functionName(target) as string, plugged);
    else if (isDocument(target.terms) && !target.terms.slice(1).every(isString))
      throw badPath(placeOf(this.#frame.loc));
    else if (beginsWith(target.terms, "input")) this.#input = this.#overInput(target, plugged);
    else if (plugged.kind === "known") this.#data = overlay(this.#data, keysOf(target), plugged.value);
    if (isDocument(target.terms)) this.#targets.push(target);
  }

  #overInput(target: RefNode, value: Node): Node {
    const keys = keysOf(target);
    if (keys.length === 0 || value.kind !== "known") return value;
    const document = this.#input?.kind === "known" ? this.#input.value : undefined;
    return known(overlay(document, keys, value.value));
  }

  push(): void {
    this.#swap();
    const { machine } = this.#frame;
    machine.cache.push();
    machine.indices.push();
    machine.targets.push(this.#targets);
    machine.mocks.push(this.#mocks);
    machine.partial?.inlining.disableRefs(this.#disabled, true);
  }

  pop(): void {
    const { machine } = this.#frame;
    machine.partial?.inlining.enable();
    machine.mocks.pop();
    machine.targets.pop();
    machine.indices.pop();
    machine.cache.pop();
    this.#swap();
  }

  #swap(): void {
    const { input, data } = this.#frame;
    this.#frame.input = this.#input;
    this.#frame.data = this.#data;
    this.#input = input;
    this.#data = data;
  }
}

function isString(node: Node): boolean {
  return node.kind === "known" && typeof node.value === "string";
}

function keysOf({ terms }: RefNode): readonly string[] {
  return terms.slice(1).map((each) => (each.kind === "known" ? String(each.value) : ""));
}
