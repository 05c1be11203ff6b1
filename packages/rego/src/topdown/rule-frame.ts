import type { Frame } from "./frame.ts";
import type { WalkedRule } from "./node.ts";
import type { TracedNode } from "./trace.ts";

/** A frame for a rule's body, with the names of its module. */
export function childFor(frame: Frame, rule: WalkedRule): Frame {
  return frame.child(rule.body, frame.machine.compiled.written.get(rule.module) ?? new Map());
}

export function ruleNode({ source, module }: WalkedRule): TracedNode {
  return { kind: "rule", rule: source, module, loc: source.loc };
}
