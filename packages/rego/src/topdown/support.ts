import { plainRule } from "../compile/make.ts";
import { varsOfTerm } from "../compile/vars.ts";
import type { Head, Ref, Term } from "../syntax/ast.ts";
import { propagateCopies } from "./copy-propagation.ts";
import { type Frame, nowhere } from "./frame.ts";
import { timed } from "./instrumentation.ts";
import type { Node, VarNode, WalkedRule } from "./node.ts";
import { raiseTerm } from "./raise.ts";
import { childFor, ruleNode } from "./rule-frame.ts";
import { plugSaved, raiseRef, ruleRefOf, splitPath } from "./save.ts";
import { partialOf } from "./saving.ts";
import { passesTypeCheck } from "./type-check.ts";

/** Where a support rule lies: its package, and its ref in it. */
export interface SupportPath {
  readonly packagePath: Ref;
  readonly ruleRef: Ref;
}

/** How the head of a support rule is made when a way through its body was found. */
type MakeHead = (child: Frame) => { readonly packagePath: Ref; readonly head: Head };

/** The place of a complete rule's support: below the namespace, in a package as the rule's own. */
export function supportPath(frame: Frame, rule: WalkedRule, path: readonly Node[]): SupportPath {
  const { loc } = rule.source;
  const start = rule.module.package.path.terms.length;
  const ruleTerms = path.slice(start);
  const whole = frame.namespaced(path);
  return {
    packagePath: raiseRef(whole.slice(0, whole.length - ruleTerms.length), loc),
    ruleRef: ruleRefOf(
      ruleTerms.map((each) => raiseTerm(each, loc)),
      loc,
    ),
  };
}

/**
 * Saves a complete rule, its body partially evaluated; false when no way leads through it. As in OPA its head has a ref alone, without the
 * name and key that other heads of two terms have beside it.
 */
export function saveSupportRule(frame: Frame, rule: WalkedRule, { packagePath, ruleRef }: SupportPath): boolean {
  return saveRule(frame, rule, [], true, (child) => {
    const head = headOf(rule, ruleRef, undefined, undefined, plugged(child, rule.value));
    return { packagePath, head: { ...head, generatedValue: true } };
  });
}

/** The same for rules of sets and objects, whose refs may have vars. */
export function savePartialRule(frame: Frame, rule: WalkedRule): boolean {
  return saveRule(frame, rule, [], true, (child) => {
    const { bindings, machine } = child;
    const terms = frame.namespaced(rule.ref).map((each, i) => (i === 0 ? each : bindings.plug(each, machine.caller)));
    const { packagePath, ruleRef } = splitPath(raiseRef(terms, rule.source.loc));
    const key = rule.isSet ? plugged(child, rule.key) : undefined;
    return { packagePath, head: headOf(rule, ruleRef, undefined, key, plugged(child, rule.value)) };
  });
}

/** The same for functions: their arguments are unknown. */
export function saveFunctionRule(frame: Frame, rule: WalkedRule, path: readonly Node[]): boolean {
  const { packagePath, ruleRef } = splitPath(raiseRef(path, rule.source.loc));
  return saveRule(frame, rule, (rule.args ?? []).flatMap(varsOfNode), false, (child) => {
    const args = (rule.args ?? []).map((each) => plugged(child, each) as Term);
    return { packagePath, head: headOf(rule, ruleRef, args, undefined, plugged(child, rule.value)) };
  });
}

function saveRule(
  frame: Frame,
  rule: WalkedRule,
  unknowns: readonly VarNode[],
  canPropagate: boolean,
  makeHead: MakeHead,
): boolean {
  const { machine } = frame;
  const { stack, saveSet, support, inlining } = partialOf(frame);
  const child = childFor(frame, rule);
  const node = ruleNode(rule);
  child.trace("Enter", node);
  let isDefined = false;
  stack.pushQuery();
  if (unknowns.length > 0) saveSet.push(unknowns, child.bindings);
  child.evaluate(() => {
    child.trace("Exit", node);
    isDefined = true;
    const current = stack.popQuery();
    const body = plugSaved(current, machine.caller, rule.source.loc);
    if (passesTypeCheck(machine.compiled, body)) {
      const { packagePath, head } = makeHead(child);
      const isPropagated = canPropagate && !inlining.isShallow;
      const propagate = () => propagateCopies(body, headVars(head), machine.compiled, true);
      const whole = isPropagated ? timed(machine.instrumentation, "partial_op_copy_propagation", propagate) : body;
      const made = plainRule(rule.source.loc, head, whole, rule.isDefault);
      support.insert(packagePath, { ...made, hasIf: head.generatedValue });
    }
    child.trace("Redo", node);
    stack.pushQuery(current);
    return undefined;
  });
  if (unknowns.length > 0) saveSet.pop();
  stack.popQuery();
  return isDefined;
}

function plugged({ bindings, machine }: Frame, node: Node | undefined): Term | undefined {
  return node && raiseTerm(bindings.plug(node, machine.caller), nowhere);
}

function varsOfNode(node: Node): readonly VarNode[] {
  switch (node.kind) {
    case "var":
      return [node];
    case "array":
    case "set":
      return node.items.flatMap(varsOfNode);
    case "object":
      return node.entries.flatMap((entry) => entry.flatMap(varsOfNode));
    default:
      return [];
  }
}

function headOf(
  { source }: WalkedRule,
  ref: Ref,
  args: readonly Term[] | undefined,
  key: Term | undefined,
  value: Term | undefined,
): Head {
  return { loc: source.head.loc, ref, args, key, value, assign: false, generatedValue: false };
}

function headVars({ ref, args, key, value }: Head): Set<string> {
  const names = new Set<string>();
  for (const term of [...ref.terms.slice(1), ...(args ?? []), key, value])
    if (term !== undefined) for (const name of varsOfTerm(term)) names.add(name);
  return names;
}
