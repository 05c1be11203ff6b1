import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { addServiceOptions, type ServiceFlags, serviceRanges } from "./service-flags.ts";

function parsed(...args: readonly string[]) {
  const command = addServiceOptions(new Command());
  command.parse([...args], { from: "user" });
  return serviceRanges(command.opts<ServiceFlags>());
}

test("ranges of services", () => {
  assert.deepEqual(parsed(), { cidr: "10.0.0.0/24", firstPort: 30000, lastPort: 32767 });
  assert.deepEqual(parsed("--service-cluster-ip-range=10.96.0.0/12", "--service-node-port-range=80-90"), {
    cidr: "10.96.0.0/12",
    firstPort: 80,
    lastPort: 90,
  });
});

for (const flag of [
  "--service-cluster-ip-range=10.0.0.1/24",
  "--service-cluster-ip-range=fd00::/64",
  "--service-node-port-range=90-80",
  "--service-node-port-range=1-70000",
  "--service-node-port-range=80",
])
  test(`refused: ${flag}`, () => assert.throws(() => parsed(flag), /^UsageError: --service-\S+ \S+: expected/));
