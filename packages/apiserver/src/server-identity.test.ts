import assert from "node:assert/strict";
import { test } from "node:test";
import { serverIdentity, serverIdentityHash } from "./server-identity.ts";

test("a server is called as kube-apiserver 1.37.2 is on a machine of the same name", () => {
  assert.equal(serverIdentity("vm"), "apiserver-wlv32tlttr4jl3gtroqexyxapa");
  // printf apiserver-wlv32tlttr4jl3gtroqexyxapa | sha256sum
  assert.equal(serverIdentityHash("vm"), "sha256:73095bbbe8f317654631b5a70d7c53951e472e19c3daa5b71a50958a5e82991b");
});
