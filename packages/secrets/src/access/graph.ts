import { factText } from "./facts.ts";
import type { Step } from "./path.ts";
import type { Right } from "./rights.ts";
import type { SubjectPaths } from "./who-can.ts";
import { actsText } from "./words.ts";
import { identityText, rbacText } from "./world.ts";

/** All paths laid over each other: what somebody holds, and the rules by which they come from one to the next. */
export interface AccessGraph {
  readonly nodes: readonly AccessNode[];
  readonly edges: readonly AccessEdge[];
}

export interface AccessNode {
  readonly id: string;
  /** A subject that was asked about, a rule, what is had on the way, or what was asked for. */
  readonly kind: "subject" | "rule" | "thing" | "goal";
  /** Lines of text. */
  readonly label: readonly string[];
}

export interface AccessEdge {
  readonly from: string;
  readonly to: string;
  /** What is done, in plain words. */
  readonly text: string;
}

const goal = factText({ kind: "goal" });

/** Each node and each edge once, in the order of the subjects and their paths; `asked` is what the last node is called. */
export function accessGraph(subjects: readonly SubjectPaths[], asked: string): AccessGraph {
  const nodes = new Map<string, AccessNode>();
  const edges = new Map<string, AccessEdge>();
  const starts = new Set(subjects.map(({ subject }) => identityText(subject)));
  const addNode = (node: AccessNode) => void (nodes.has(node.id) || nodes.set(node.id, node));
  for (const { steps } of subjects.flatMap(({ paths }) => paths))
    for (const step of steps) {
      for (const id of [...step.from, step.to])
        addNode({ id, kind: kindOf(id, starts), label: [id === goal ? asked : id] });
      for (const { edge, rule } of partsOf(step)) {
        if (rule !== undefined) addNode(rule);
        const id = `${edge.from}\n${edge.to}`;
        if (!edges.has(id)) edges.set(id, edge);
      }
    }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

function kindOf(id: string, starts: ReadonlySet<string>): AccessNode["kind"] {
  if (id === goal) return "goal";
  return starts.has(id) ? "subject" : "thing";
}

/** From what it needs to its rule, and on to what is had; where several rules are needed, all lead on. */
function* partsOf({ from, to, by, text }: Step): Generator<{ readonly edge: AccessEdge; readonly rule?: AccessNode }> {
  const [first = "", ...others] = from;
  for (const each of others) yield { edge: { from: each, to, text } };
  if (by.length === 0) yield { edge: { from: first, to, text } };
  for (const right of by) {
    const rule = ruleNode(right);
    yield { edge: { from: first, to: rule.id, text: "has" }, rule };
    yield { edge: { from: rule.id, to, text } };
  }
}

function ruleNode({ allowed, grant }: Right): AccessNode {
  const { from, index, binding } = grant;
  const rule = index < 0 ? rbacText(from) : `rule ${index + 1} of ${rbacText(from)}`;
  const label = [actsText(allowed), rule, `by ${rbacText(binding)}`];
  return { id: label.join("; "), kind: "rule", label };
}
