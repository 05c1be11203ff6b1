import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { randomTape, Tape } from "../tape.ts";
import { masked } from "./mask.ts";
import { sampleKinds, scenario } from "./scenario.ts";

test("the same numbers make the same requests", () => {
  const made = () => scenario(new Tape(randomTape(3, 4)), "n");
  deepEqual(made(), made());
});

for (const kind of sampleKinds) {
  test(`requests of a ${kind} make one and take it away`, () => {
    const made = Array.from({ length: 8 }, (_, i) => scenario(new Tape(randomTape(5, i)), "n", [kind]));
    for (const steps of made) {
      ok(steps.some(({ method, body }) => method === "POST" && (body as { kind?: string } | undefined)?.kind === kind));
      ok(steps.some(({ method }) => method === "DELETE"));
    }
    ok(new Set(made.map((steps) => JSON.stringify(steps))).size > 1);
  });
}

test("chance and time do not differ, all else does", () => {
  const answer = (body: unknown) => masked({ code: 200, headers: {}, warnings: [], body });
  const uid = "01234567-89ab-cdef-0123-456789abcdef";
  deepEqual(
    answer({ metadata: { uid, resourceVersion: "5" }, message: `was ${uid}` }),
    answer({ metadata: { uid: "x", resourceVersion: "6" }, message: "was (uuid)" }),
  );
  ok(
    JSON.stringify(answer({ spec: { clusterIP: "10.0.0.7" } })) ===
      JSON.stringify(answer({ spec: { clusterIP: "10.0.0.9" } })),
  );
  ok(JSON.stringify(answer({ spec: { a: 1 } })) !== JSON.stringify(answer({ spec: { a: 2 } })));
});
