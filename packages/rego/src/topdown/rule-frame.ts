import type { Frame } from "./frame.ts";
import type { WalkedRule } from "./node.ts";
import type { TracedNode } from "./trace.ts";

/** A frame for a rule's body, with the names of its module. */
export function childFor(frame: Frame, rule: WalkedRule): Frame {
  return frame.child(rule.body, frame.machine.compiled.written.get(rule.module) ?? new Map());
}

/** A rule has answered, as OPA counts it: not where only a part of a partial document is asked for. */
export function noteAnswer({ machine }: Frame, { source, module }: WalkedRule): void {
  machine.labels?.add(source, module);
}

export function ruleNode({ source, module }: WalkedRule): TracedNode {
  return { kind: "rule", rule: source, module, loc: source.loc };
}
