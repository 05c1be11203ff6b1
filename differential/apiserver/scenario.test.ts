import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { randomTape, Tape } from "../tape.ts";
import { masked } from "./mask.ts";
import { sampleKinds, scenario } from "./scenario.ts";

test("the same numbers make the same requests", () => {
  const made = () => scenario(new Tape(randomTape(3, 4)), "n");
  deepEqual(made(), made());
});

for (const kind of sampleKinds) {
  test(`requests of a ${kind} begin with a faulty one and end with its deletion`, () => {
    const made = Array.from({ length: 5 }, (_, i) => scenario(new Tape(randomTape(5, i)), "n", [kind]));
    for (const [, good, ...rest] of made) {
      equal((good?.body as { kind: string }).kind, kind);
      equal(rest.at(-1)?.method, "DELETE");
    }
    ok(made.some(([faulty, good]) => JSON.stringify(faulty?.body) !== JSON.stringify(good?.body)));
  });
}

test("chance and time do not differ, all else does", () => {
  const answer = (body: unknown) => masked({ code: 200, type: "", warnings: [], body });
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
