import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "@sallyport/kube";
import { withDrawnName } from "./drawn-name.ts";

/** The metadata, how often the object is refused and why, and how often it is made at most. */
const cases: readonly (readonly [
  metadata: object,
  refused: number,
  reason: "AlreadyExists" | "Invalid",
  made: number,
])[] = [
  [{ generateName: "a-" }, 0, "AlreadyExists", 1],
  [{ generateName: "a-", name: "" }, 3, "AlreadyExists", 4],
  [{ generateName: "a-" }, 7, "AlreadyExists", 8],
  [{ generateName: "a-" }, 100, "AlreadyExists", 8],
  [{ generateName: "a-" }, 100, "Invalid", 1],
  [{ generateName: "a-", name: "b" }, 100, "AlreadyExists", 1],
  [{ name: "b" }, 100, "AlreadyExists", 1],
];

for (const [metadata, refused, reason, most] of cases)
  test(`${JSON.stringify(metadata)}, ${refused} times ${reason}, is made ${most} times`, async () => {
    let made = 0;
    const make = async () => {
      if (++made <= refused) throw new StatusError(reason, "refused");
      return "made";
    };
    const making = withDrawnName({ apiVersion: "v1", kind: "Pod", metadata }, make);
    if (refused < most) assert.equal(await making, "made");
    else await assert.rejects(making, { message: "refused" });
    assert.equal(made, most);
  });
