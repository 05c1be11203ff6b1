import assert from "node:assert/strict";
import { test } from "node:test";
import { accessGraph } from "./graph.ts";
import { graphSvg } from "./graph-svg.ts";
import { whoCan } from "./who-can.ts";
import { objectsOf, readingOf } from "./world.fixture.ts";
import { worldOf } from "./world-of.ts";

const world = `
  Role prod/reader: get secrets
  RoleBinding prod/app Role reader: ServiceAccount prod/app
  Role prod/ci: create pods/exec
  RoleBinding prod/ci Role ci: ServiceAccount ci/builder
  Pod prod/web account=app
`;
const { subjects } = whoCan(worldOf(objectsOf(world)), readingOf("prod/db"));
const graph = accessGraph(
  subjects.filter(({ isSystem }) => !isSystem),
  "secret db",
);

test("the graph of paths: each thing once, with the rules between", () => {
  assert.deepEqual(
    graph.nodes.map(({ kind, label }) => [kind, label[0]]),
    [
      ["subject", "ServiceAccount prod/app"],
      ["goal", "secret db"],
      ["rule", "get secrets"],
      ["subject", "ServiceAccount ci/builder"],
      ["thing", "Pod prod/web"],
      ["rule", "create pods/exec"],
    ],
  );
  const read = "get secrets; rule 1 of Role prod/reader; by RoleBinding prod/app";
  const exec = "create pods/exec; rule 1 of Role prod/ci; by RoleBinding prod/ci";
  assert.deepEqual(
    graph.edges.map(({ from, to }) => [from, to]),
    [
      ["ServiceAccount prod/app", read],
      [read, "the value"],
      ["ServiceAccount ci/builder", exec],
      [exec, "Pod prod/web"],
      ["Pod prod/web", "ServiceAccount prod/app"],
    ],
  );
});

test("its picture has a box for each node and a line for each edge, and no text of others as markup", () => {
  const svg = graphSvg({ ...graph, nodes: [...graph.nodes, { id: "x", kind: "thing", label: ["<b>&\u0001"] }] }, "who");
  assert.equal([...svg.matchAll(/<rect class="(subject|rule|thing|goal)"/g)].length, graph.nodes.length + 1);
  assert.equal([...svg.matchAll(/<path class="edge"/g)].length, graph.edges.length);
  assert.ok(svg.includes("&lt;b&gt;&amp;\ufffd") && !svg.includes("<b>"));
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});

test("the picture of nobody", () => {
  assert.match(graphSvg({ nodes: [], edges: [] }, "who can"), /<svg [^>]*width="\d+" height="\d+"/);
});

test("a box is as wide as its longest text, up to what is cut", () => {
  const widthOf = (...label: readonly string[]) => {
    const svg = graphSvg({ nodes: [{ id: "a", kind: "subject", label }], edges: [] }, "");
    return Number(/<rect class="subject" [^>]*width="(\d+)"/.exec(svg)?.[1]);
  };
  assert.equal(widthOf("User jane"), widthOf("x".repeat(20)));
  assert.ok(widthOf("User jane", "x".repeat(40)) >= 40 * 7 + 20);
  assert.equal(widthOf("x".repeat(56)), widthOf("x".repeat(300)));
});
