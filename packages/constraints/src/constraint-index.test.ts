import assert from "node:assert/strict";
import { test } from "node:test";
import type { Constraint } from "./constraint.ts";
import { ConstraintIndex, ReviewedKinds } from "./constraint-index.ts";
import type { Match } from "./match/match.ts";

function constraint(name: string, match: Match, parameters: object = {}): Constraint {
  const object = {
    apiVersion: "constraints.gatekeeper.sh/v1beta1",
    kind: "K",
    metadata: { name },
    spec: { parameters },
  };
  return { kind: "K", name, object, match, enforcement: { action: "deny", scoped: [] } };
}

const pods: Match = { kinds: [{ apiGroups: [""], kinds: ["Pod"] }] };

function indexOf(...constraints: readonly Constraint[]): ConstraintIndex {
  const index = new ConstraintIndex();
  for (const each of constraints) index.set(each);
  return index;
}

const kinds = new ReviewedKinds();

/** Names with the numbers of their parameters. */
function told(index: ConstraintIndex, kind?: string, group = ""): string {
  const candidates = index.candidates(kind === undefined ? undefined : kinds.of(group, kind));
  return candidates.map(({ constraint: { name }, parameters }) => `${name}:${parameters}`).join(" ");
}

test("constraints of a kind, and those of every kind", () => {
  const index = indexOf(
    constraint("a", pods),
    constraint("b", {}),
    constraint("c", { kinds: [{ apiGroups: ["apps"] }] }),
  );
  assert.equal(told(index, "Pod"), "a:0 b:0");
  assert.equal(told(index, "Pod", "metrics.k8s.io"), "b:0");
  assert.equal(told(index, "Deployment", "apps"), "b:0 c:0");
  assert.equal(told(index), "a:0 b:0 c:0");
});

test("the same parameters have the same number", () => {
  const index = indexOf(
    constraint("a", {}, { x: [1] }),
    constraint("b", {}, { x: [2] }),
    constraint("c", {}, { x: [1] }),
  );
  assert.equal(told(index, "Pod"), "a:0 b:1 c:0");
});

test("a change is seen", () => {
  const index = indexOf(constraint("a", pods));
  assert.equal(told(index, "Pod"), "a:0");
  index.set(constraint("b", pods));
  assert.equal(told(index, "Pod"), "a:0 b:0");
  index.set(constraint("a", { kinds: [{ kinds: ["Service"] }] }));
  assert.equal(told(index, "Pod"), "b:0");
  index.delete("b");
  assert.equal(told(index, "Pod"), "");
});
