import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "@sallyport/kube";
import { unlessGone } from "./unless-gone.ts";

test("what is there is answered, what is gone is undefined, and any other refusal is one", async () => {
  assert.equal(await unlessGone(Promise.resolve(1)), 1);
  assert.equal(await unlessGone(Promise.reject(new StatusError("NotFound", "gone"))), undefined);
  await assert.rejects(unlessGone(Promise.reject(new StatusError("Conflict", "other"))), /other/);
  await assert.rejects(unlessGone(Promise.reject(new Error("away"))), /away/);
});
