import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { layeredLayout } from "./layered-layout.ts";

/** `a>b b>c`: the edges. */
const edgesOf = (text: string) =>
  text.split(" ").map((pair) => {
    const [from = "", to = ""] = pair.split(">");
    return { from, to };
  });
const idsOf = (text: string) => [...new Set(text.split(/[ >]/))];

function layersOf(text: string): string {
  const { places } = layeredLayout(idsOf(text), edgesOf(text));
  return idsOf(text)
    .map((id) => `${id}${places.get(id)?.layer}`)
    .join(" ");
}

for (const [edges, layers] of [
  ["a>b b>c", "a0 b1 c2"],
  ["a>b b>c a>c", "a0 b1 c2"],
  ["a>b b>a", "a0 b1"],
  ["a>b b>c c>b c>d", "a0 b1 c2 d3"],
  ["a>a", "a0"],
] as const)
  test(`layers of ${edges}`, () => assert.equal(layersOf(edges), layers));

test("an edge over a layer runs through it", () => {
  const { bends } = layeredLayout(idsOf("a>b b>c a>c"), edgesOf("a>b b>c a>c"));
  assert.deepEqual(
    bends.map((each) => each.map(({ layer }) => layer)),
    [[], [], [1]],
  );
});

test("parallel edges do not cross: neighbours keep their order", () => {
  const { places } = layeredLayout(["a", "b", "y", "x"], edgesOf("a>x b>y"));
  const row = (id: string) => places.get(id)?.row ?? 0;
  assert.ok(row("a") < row("b") === row("x") < row("y"));
});

test("no two nodes of a layer are less than a row apart, whatever the graph", () => {
  const ids = [..."abcdefgh"];
  const edge = fc.record({ from: fc.constantFrom(...ids), to: fc.constantFrom(...ids) });
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 20 }), (edges) => {
      const { places, layers, rows, bends } = layeredLayout(ids, edges);
      const all = [...places.values()];
      for (const { layer, row } of all) assert.ok(layer >= 0 && layer < layers && row >= 0 && row < rows);
      for (const layer of new Set(all.map((each) => each.layer))) {
        const inLayer = all
          .filter((each) => each.layer === layer)
          .map(({ row }) => row)
          .sort((a, b) => a - b);
        inLayer.slice(1).forEach((row, i) => {
          assert.ok(row - (inLayer[i] ?? 0) > 1 - 1e-9, String(inLayer));
        });
      }
      for (const [i, { from, to }] of edges.entries()) {
        const span = Math.abs((places.get(to)?.layer ?? 0) - (places.get(from)?.layer ?? 0));
        assert.equal(bends[i]?.length, Math.max(0, span - 1));
      }
    }),
  );
});
