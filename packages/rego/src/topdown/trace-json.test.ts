import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../engine.ts";
import { astJsonText } from "../syntax/ast-json.ts";
import { TraceBuffer } from "./trace-buffer.ts";
import { traceJson } from "./trace-json.ts";

interface JsonEvent {
  readonly Op: string;
  readonly Node: { readonly head?: { readonly name: string }; readonly terms?: unknown } | null;
  readonly Locals: readonly { readonly name: string; readonly value: unknown }[] | null;
  readonly LocalMetadata: { readonly [name: string]: { readonly name: string; readonly location: unknown } } | null;
}

/** The events of a query over a module, as they are read out of the JSON. */
function eventsOf(query: string, module = "package p"): readonly JsonEvent[] {
  const { policy } = compile([{ file: "p.rego", text: module }]);
  assert.ok(policy);
  const buffer = new TraceBuffer({ locals: true });
  policy.prepareQuery(query).walk({ tracer: buffer });
  return JSON.parse(astJsonText(traceJson(buffer.explain("full")))) as readonly JsonEvent[];
}

test("an event tells the variables that are bound, and what the author called them", () => {
  const events = eventsOf("x := 1; x == 1");
  const last = events.findLast(({ Op }) => Op === "Eval");
  assert.deepEqual(last?.Locals, [
    { name: "_", type: "boolean", value: true },
    { name: "__localq0__", type: "number", value: 1 },
  ]);
  assert.deepEqual(last?.LocalMetadata?.["__localq0__"], { name: "x", location: { file: "", row: 1, col: 1 } });
  assert.equal(events[0]?.Locals, null);
});

test("a rule is shown by its name in its package, with the places of its arguments", () => {
  const events = eventsOf("data.p.f(1)", "package p\n\nf(a) := a + 1");
  const entered = events.find(({ Op, Node }) => Op === "Enter" && Node?.head !== undefined);
  assert.equal(entered?.Node?.head?.name, "f");
  const within = events.find(({ Locals }) => Locals?.some(({ name }) => name === "__local0__"));
  assert.deepEqual(within?.LocalMetadata?.["__local0__"], { name: "a", location: { file: "p.rego", row: 3, col: 3 } });
});

test("a note has its message alone", () => {
  const note = eventsOf('trace("seen")').find(({ Op }) => Op === "Note");
  assert.deepEqual(note, {
    Op: "Note",
    Node: null,
    Location: { file: "", row: 1, col: 1 },
    QueryID: 0,
    ParentID: 0,
    Locals: null,
    LocalMetadata: null,
    Message: "seen",
    Ref: null,
  });
});
