import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonText } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import type { QueryState } from "./builtin.ts";
import { net } from "./net.ts";
import { semver } from "./semver.ts";

const state = {} as QueryState;

// Each answer is OPA 1.19's.
const cases: readonly [name: string, args: readonly Value[], answer: string][] = [
  ["net.cidr_contains", ["10.0.0.0/8", "10.1.2.3"], "true"],
  ["net.cidr_contains", ["10.0.0.0/8", "11.0.0.0/16"], "false"],
  ["net.cidr_contains", ["2001:db8::/32", "2001:db8::1"], "true"],
  ["net.cidr_contains", ["10.0.0.0", "10.0.0.1"], "invalid CIDR address: 10.0.0.0"],
  ["net.cidr_intersects", ["10.0.0.0/8", "10.1.0.0/16"], "true"],
  ["net.cidr_expand", ["10.0.0.0/30"], '["10.0.0.0","10.0.0.1","10.0.0.2","10.0.0.3"]'],
  ["net.cidr_expand", ["::/8"], "a range of more than 1048576 addresses"],
  ["net.cidr_merge", [["10.0.0.0/25", "10.0.0.128/25"]], '["10.0.0.0/24"]'],
  ["net.cidr_merge", [["10.1.2.3", "20.0.0.0/8", "20.1.1.1"]], '["10.1.2.3/8","20.0.0.0/8"]'],
  ["net.cidr_merge", [["::1"]], "IPv6 invalid: needs prefix length"],
  ["net.cidr_contains_matches", ["1.1.1.0/24", ["1.1.1.128", "8.8.8.8"]], '[["1.1.1.0/24",0]]'],
  ["net.cidr_is_valid", ["10.0.0.0/33"], "false"],
  ["net.cidr_is_valid", ["::1/128"], "true"],
  ["semver.compare", ["1.2.3", "1.10.0"], "-1"],
  ["semver.compare", ["1.0.0-alpha.2", "1.0.0-alpha.10"], "-1"],
  ["semver.compare", ["1.0.0", "1.0.0-rc.1"], "1"],
  ["semver.compare", ["1.0", "1.0.0"], 'operand 1: string "1.0" is not a valid SemVer'],
  ["semver.is_valid", ["v1.0.0"], "true"],
];

for (const [name, args, answer] of cases) {
  test(`${name}(${args.map(jsonText).join()})`, () => {
    const builtin = [...net, ...semver].find((each) => each.name === name);
    assert.ok(builtin !== undefined);
    let got: string;
    try {
      got = jsonText(builtin.call(args, state) as Value);
    } catch (error) {
      got = (error as Error).message;
    }
    assert.equal(got, answer);
  });
}
