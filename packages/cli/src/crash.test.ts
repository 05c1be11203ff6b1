import assert from "node:assert/strict";
import { test } from "node:test";
import { crashText, refuseHeapSnapshots, withoutQuotedJson } from "./crash.ts";

test("flags that write the heap are refused, wherever they stand", () => {
  const refused: readonly (readonly [readonly string[], string | undefined, string])[] = [
    [["--heapsnapshot-signal=SIGUSR2"], undefined, "--heapsnapshot-signal"],
    [[], "--heapsnapshot-near-heap-limit=1", "--heapsnapshot-near-heap-limit"],
    [[], "--max-old-space-size=100 --heapsnapshot-signal SIGUSR2", "--heapsnapshot-signal"],
  ];
  for (const [flags, options, named] of refused)
    assert.throws(() => refuseHeapSnapshots({ flags, environment: { NODE_OPTIONS: options } }), {
      name: "UsageError",
      message: `${named} writes what is in memory into a file, secrets with it; take it out of NODE_OPTIONS`,
    });
  for (const options of [undefined, "", "--report-on-fatalerror --max-old-space-size=100", "--heapsnapshot-signals"])
    refuseHeapSnapshots({ flags: ["--conditions=source"], environment: { NODE_OPTIONS: options } });
});

test("what JSON.parse quotes is left out, in each of V8's words", () => {
  for (const text of [
    "canary",
    "canary-that-is-longer-than-V8-shows",
    '{"k": canary-in-the-middle-of-a-text}',
    '"canary" canary',
    "🙂canary",
  ]) {
    let told = "";
    try {
      JSON.parse(text);
    } catch (error) {
      told = withoutQuotedJson((error as Error).message);
    }
    assert.match(told, /JSON/);
    assert.doesNotMatch(told, /canary|cana|the-middle/, told);
  }
  assert.equal(withoutQuotedJson("a fault"), "a fault");
});

test("of an error nothing is told but its message and its place", () => {
  const error = Object.assign(new Error("a fault"), { input: "canary", cause: new Error("canary") });
  assert.match(crashText(error), /^Error: a fault\n {4}at /);
  assert.doesNotMatch(crashText(error), /canary/);
  assert.equal(crashText("canary"), "something that is no error was thrown: string");
});
