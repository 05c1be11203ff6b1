import assert from "node:assert/strict";
import { test } from "node:test";
import { parseModuleOrThrow, parseQuery } from "../syntax/parser.ts";
import { compileModules } from "./compile.ts";
import { dependenciesOf } from "./dependencies.ts";
import { refText } from "./text.ts";

const policy = `package p

import data.lib.helper

allow if { is_admin; data.users[input.user]; helper(input.x) }
is_admin if "admin" in input.user.roles
other := data.acls["a b"][input.k].foo
gen[x].y := data.gen.src[x] if some x in input.list
`;
const lib = "package lib\n\nhelper(x) if x == data.consts.k\n";

/** A query, the documents it reads, the rules it reads. */
const table: readonly (readonly [query: string, base: string, virtual: string])[] = [
  [
    "data.p.allow",
    "data.consts.k data.users input.user input.user.roles input.x",
    "data.lib.helper data.p.allow data.p.is_admin",
  ],
  ["data.p.gen.k.y; input.foo", "data.gen.src input.foo input.list", "data.p.gen"],
  ["x := input.a; data.b[x]; input", "data.b input.a", ""],
  ["x := [y | y := data.p.other; data.q]", 'data.acls["a b"] data.q input.k', "data.p.other"],
  ["data.lib.helper(1)", "data.consts.k", "data.lib.helper"],
  ["1", "", ""],
];

for (const [query, base, virtual] of table)
  test(`dependencies of ${query}`, () => {
    const modules = [policy, lib].map((text, i) => parseModuleOrThrow(text, { file: `${i}.rego` }));
    const { compiled, diagnostics } = compileModules(modules);
    assert.ok(compiled, diagnostics.map(({ message }) => message).join());
    const found = dependenciesOf(parseQuery(query), compiled.root);
    assert.deepEqual(
      { base: found.base.map(refText).join(" "), virtual: found.virtual.map(refText).join(" ") },
      { base, virtual },
    );
  });
