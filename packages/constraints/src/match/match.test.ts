import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type Match, MatchError, matchesObject, type Source } from "./match.ts";

/** `KIND[.GROUP] [NAMESPACE/]NAME [label=value]…`; with `+label=value` the namespace itself is known, and has it. */
function target(text: string): { object: KubeObject; namespace: KubeObject | undefined; source: Source } {
  const [kind = "", path = "", ...marks] = text.split(" ");
  const [name = "", group] = [kind.split(".")[0], kind.split(".").slice(1).join(".")];
  const [namespace, own] = path.includes("/") ? path.split("/") : [undefined, path];
  const pairs = (all: readonly string[]) => Object.fromEntries(all.map((each) => each.split("=")));
  const labels = pairs(marks.filter((mark) => !mark.startsWith("+")));
  const known = marks.filter((mark) => mark.startsWith("+")).map((mark) => mark.slice(1));
  const generated = own?.endsWith("?") === true ? { generateName: own.slice(0, -1) } : { name: own ?? "" };
  return {
    object: {
      apiVersion: group === "" ? "v1" : `${group}/v1`,
      kind: name,
      metadata: { ...generated, labels, ...(namespace === undefined ? {} : { namespace }) },
    },
    namespace:
      known.length === 0
        ? undefined
        : { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace ?? "", labels: pairs(known) } },
    source: "Original",
  };
}

const pods: Match = { kinds: [{ apiGroups: [""], kinds: ["Pod"] }] };
const labelled = { matchLabels: { a: "b" } };

const cases: ReadonlyArray<[match: Match, yes: readonly string[], no: readonly string[]]> = [
  [{}, ["Pod d/p", "Namespace n", "Role.rbac n/r"], []],
  [pods, ["Pod d/p"], ["Pod.other d/p", "Service d/s"]],
  [{ kinds: [{ apiGroups: ["*"], kinds: ["Pod", "Job"] }] }, ["Pod.x d/p", "Job.batch d/j"], ["Service d/s"]],
  [{ kinds: [{ kinds: [] }] }, ["Pod d/p"], []],
  [{ kinds: [{ apiGroups: ["apps"] }] }, ["Deployment.apps d/x"], ["Pod d/p"]],
  [{ scope: "Cluster" }, ["Namespace n", "Node n"], ["Pod d/p"]],
  [{ scope: "Namespaced" }, ["Pod d/p"], ["Namespace n", "Node n"]],
  [{ scope: "cluster" }, ["Pod d/p", "Node n"], []],
  [{ namespaces: ["kube-*"] }, ["Pod kube-system/p", "Namespace kube-public", "Node n"], ["Pod d/p", "Namespace d"]],
  [{ namespaces: ["*-system", "d"] }, ["Pod kube-system/p", "Pod d/p"], ["Pod dd/p"]],
  [{ excludedNamespaces: ["*be-s*"] }, ["Pod d/p", "Node n"], ["Pod kube-system/p", "Namespace kube-system"]],
  [{ namespaces: ["d"], excludedNamespaces: ["d"] }, [], ["Pod d/p", "Pod e/p"]],
  [{ labelSelector: labelled }, ["Pod d/p a=b", "Namespace n a=b"], ["Pod d/p", "Pod d/p a=c"]],
  [{ namespaceSelector: labelled }, ["Pod d/p +a=b", "Namespace n a=b", "Node n"], ["Pod d/p +a=c", "Namespace n"]],
  [{ name: "web-*" }, ["Pod d/web-1", "Pod d/web-?"], ["Pod d/api"]],
  [{ name: "web" }, ["Pod d/web"], ["Pod d/web-1", "Pod d/web?"]],
  [{ source: "Original" }, ["Pod d/p"], []],
  [{ source: "Generated" }, [], ["Pod d/p"]],
  [{ source: "All" }, ["Pod d/p"], []],
];

for (const [match, yes, no] of cases)
  test(`match ${JSON.stringify(match)}`, () => {
    assert.deepEqual(
      [...yes, ...no].filter((each) => matchesObject(match, target(each))),
      yes,
    );
  });

test("what cannot be told is an error", () => {
  const pod = target("Pod d/p");
  assert.throws(
    () => matchesObject({ namespaceSelector: labelled }, pod),
    new MatchError("namespace selector for namespace-scoped object but missing Namespace"),
  );
  assert.throws(() => matchesObject({ source: "x" }, pod), /invalid source field "x"/);
  assert.throws(
    () => matchesObject({ source: "Generated" }, { ...pod, source: undefined }),
    /source field not specified for resource p/,
  );
  assert.equal(
    matchesObject({ kinds: [{ kinds: ["Job"] }], namespaceSelector: labelled }, pod),
    false,
    "what fails first decides",
  );
});
