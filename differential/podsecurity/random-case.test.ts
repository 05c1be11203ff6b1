import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { applyDefaults, validateObject } from "@sallyport/kube";
import { randomTape, Tape } from "../tape.ts";
import { randomCase } from "./random-case.ts";

test("the same numbers make the same case", () => {
  deepEqual(randomCase(new Tape(randomTape(1, 2))), randomCase(new Tape(randomTape(1, 2))));
});

test("most pods are such that levels alone have something against them", () => {
  const pods = Array.from({ length: 100 }, (_, at) => randomCase(new Tape(randomTape(3, at))).pods).flat();
  const valid = pods.filter(
    (pod) => validateObject(applyDefaults({ ...pod, metadata: { ...pod.metadata, namespace: "n" } })).length === 0,
  );
  ok(valid.length > pods.length / 3, `${valid.length} of ${pods.length}`);
});
