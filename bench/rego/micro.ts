import type { JsonObject } from "@sallyport/rego";
import type { RegoCase } from "./case.ts";

// One construct of the language each, in the shapes of OPA's own benchmarks of its evaluator.

export const microCases: readonly RegoCase[] = [
  ...[100, 1000].flatMap((n) => [
    iteration("array", n, "[x | some x in numbers.range(1, N)]"),
    iteration("set", n, "{x | some x in numbers.range(1, N)}"),
    iteration("object", n, "{x: x | some x in numbers.range(1, N)}"),
  ]),
  virtualDocument(1, 1),
  virtualDocument(100, 10),
  virtualDocument(1000, 100),
  ...[100, 1000].flatMap((n) => [
    comprehension("array", n, "[k | some k; v == data.items[k]]"),
    comprehension("set", n, "{k | some k; v == data.items[k]}"),
    comprehension("object", n, "{k: 1 | some k; v == data.items[k]}"),
  ]),
  ...[10, 100, 1000].map(argumentIndex),
  ...[100, 1000].map(walk),
];

function micro(name: string, body: string, input: JsonObject = {}, data: JsonObject = {}): RegoCase {
  return {
    name: `micro/${name}`,
    regoVersion: "v1",
    modules: [{ file: "micro.rego", text: `package micro\n\n${body}\n` }],
    query: "data.micro.main",
    inputs: [JSON.stringify(input)],
    data,
  };
}

/** A collection is built, then looked through to its end. */
function iteration(kind: string, n: number, collection: string): RegoCase {
  return micro(`${kind}-iteration/${n}`, `fixture := ${collection.replace("N", String(n))}\n\nmain if fixture[_] == 0`);
}

/** Many definitions of one rule, of which some hold. */
function virtualDocument(all: number, hits: number): RegoCase {
  const definition = (method: string, collection: string) => `main if {
	input.method == "${method}"
	input.path = ["${collection}", id]
	input.user_id == id
}`;
  const definitions = Array.from({ length: all }, (_, i) =>
    i < all - hits ? definition("GET", "salaries") : definition("POST", "accounts"),
  );
  const input = { method: "POST", path: ["accounts", "alice"], user_id: "alice" };
  return micro(`virtual-documents/${all}-${hits}`, definitions.join("\n\n"), input);
}

/** A comprehension that selects by a variable around it. */
function comprehension(kind: string, n: number, text: string): RegoCase {
  const items = Object.fromEntries(Array.from({ length: n }, (_, i) => [String(i), String(i)]));
  return micro(`comprehension-${kind}/${n}`, `main := count([1 | some v in data.items; ${text} != 0])`, {}, { items });
}

/** Many definitions of one function, told apart by their argument. */
function argumentIndex(n: number): RegoCase {
  const definitions = Array.from({ length: n }, (_, i) => `f(x) := y if {\n\ty := true\n\tx == ${i + 1}\n}`);
  return micro(`function-argument/${n}`, `${definitions.join("\n\n")}\n\nmain := f(input.x)`, { x: n });
}

function walk(n: number): RegoCase {
  const items = Array.from({ length: n }, (_, i) => i);
  return micro(`walk/${n}`, `main := x if walk(data.fixture, [["items", ${n - 1}], x])`, {}, { fixture: { items } });
}
