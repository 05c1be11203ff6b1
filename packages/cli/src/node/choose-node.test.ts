import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../errors.ts";
import { chooseNode, type MachineLook, type NodeChoiceFlags } from "./choose-node.ts";

const able: MachineLook = { platform: "linux", isRoot: true, hostname: "Laptop.lan\n", has: () => true };

const more = "; sallyport runtime probe tells more";

function choiceOf(flags: Partial<NodeChoiceFlags>, machine: Partial<MachineLook> = {}): string {
  const choice = chooseNode({ etcdServers: [], ...flags }, { ...able, ...machine });
  return choice.kind === "none" ? `none: ${choice.why}` : `${choice.kind} ${choice.name}`;
}

test("a machine that can is a node of its own name", () => {
  assert.equal(choiceOf({}), "machine laptop.lan");
});

test("a name is taken whatever the machine looks like: what it lacks is told when it was tried", () => {
  assert.equal(choiceOf({ node: "here" }, { isRoot: false }), "machine here");
  assert.equal(choiceOf({ node: "here", etcdServers: ["http://127.0.0.1:2379"] }), "machine here");
});

test("no node where none is wanted, or the machine lacks something, which is named", () => {
  assert.deepEqual(
    [
      choiceOf({ node: false }),
      choiceOf({ node: "false" }),
      choiceOf({}, { platform: "darwin" }),
      choiceOf({}, { isRoot: false }),
      choiceOf({}, { has: (name) => name !== "nft" && name !== "ip" }),
      choiceOf({}, { has: (name) => !/run/.test(name) }),
      choiceOf({}, { hostname: "my_machine" }),
      choiceOf({ etcdServers: ["http://127.0.0.1:2379"] }),
    ],
    [
      "none: --no-node",
      "none: --no-node",
      `none: pods run on Linux alone${more}`,
      `none: pods run for root alone${more}`,
      `none: ip, nft not on the PATH${more}`,
      `none: none of runc, crun, runsc, kata-runtime is on the PATH${more}`,
      `none: a Node cannot be named "my_machine", as this machine is; --node NAME gives another name${more}`,
      "none: other servers may share this etcd; --node NAME makes one",
    ],
  );
});

test("a simulated node is no machine's", () => {
  assert.equal(choiceOf({ simulate: true }, { isRoot: false }), "simulated simulated");
  assert.equal(choiceOf({ simulate: true, node: false }), "simulated simulated");
  assert.throws(() => choiceOf({ simulate: true, node: "here" }), UsageError);
});
