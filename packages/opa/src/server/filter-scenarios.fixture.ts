import type { JsonObject } from "@sallyport/rego";
import { type Asked, asked, post, type Scenario } from "./asked.fixture.ts";

const filters = `package filters

# METADATA
# scope: document
# compile:
#   unknowns: [input.fruits]
#   mask_rule: masks
include if input.fruits.colour in input.wanted

include if {
	input.fruits.name == input.favorite
	input.fruits.price > 3
	input.fruits.price <= 10.5
}

masks.fruits.owner.replace.value := "***" if input.hide

# METADATA
# scope: document
# compile:
#   unknowns: [input.fruits]
#   mask_rule: masks
kept if {
	input.fruits.name == input.favorite
	input.fruits.colour in input.wanted
}

always if true
never if false
only_known if input.favorite == "x"

f_not if not input.fruits.name == "a"
f_neq if input.fruits.name != "a"
f_sw if startswith(input.fruits.name, "a%_")
f_ew if endswith(input.fruits.name, "a")
f_ct if contains(input.fruits.name, "a")
f_null if input.fruits.name == null
f_bool if input.fruits.ok == true
f_bare if input.fruits.ok
f_notbare if not input.fruits.ok
f_two if input.fruits.a == input.fruits.b
f_tables if input.fruits.a == input.veg.b
f_in if input.fruits.name in {"a", "b"}
f_inarr if input.fruits.name in ["b", "a", 1]
f_notin if not input.fruits.name in {"a", "b"}
f_deep if input.fruits.a.b == 1
f_short if input.fruits == 1
f_call if upper(input.fruits.name) == "A"
f_rev if "a" == input.fruits.name
f_lt if 3 < input.fruits.price
f_obj if input.fruits.name == {"a": 1}
f_some if { some x in input.list; input.fruits.name == x }
f_notor if not g_or
g_or if input.fruits.a == 1
g_or if input.fruits.b == 2
f_and if { input.fruits.a == 1; input.fruits.b == 2 }
f_notand if not f_and
f_quote if input.fruits.name == "it's \\"x\\" \\\\ é"
f_every if { every x in input.list { input.fruits.name != x } }
f_else if input.fruits.a == 1
else := false if input.fruits.b == 1
default f_def := false
f_def if input.fruits.a == 1
f_val := 7 if input.fruits.a == 1
f_arith if input.fruits.a + 1 == 2
f_re if regex.match("a", input.fruits.name)
f_lookup if data.roles[input.fruits.owner] == "admin"
f_contains_rev if contains("abc", input.fruits.name)
f_withopt if input["fruits"]["na me"] == 1
`;

const shapes = `package g
l1 if 3 < input.fruits.p
l2 if 3 <= input.fruits.p
l3 if 3 > input.fruits.p
l4 if 3 >= input.fruits.p
l5 if 3 != input.fruits.p
n1 if not input.fruits.a != 1
n2 if not input.fruits.a < 1
n3 if not startswith(input.fruits.a, "x")
n4 if not 1 < input.fruits.a
e1 if input.fruits.a = 1
e2 if input.fruits.a == [1]
e3 if input.fruits.a == {1}
e4 if input.fruits.a == input.other
e5 if input.fruits.a != null
e6 if not input.fruits.a == null
e7 if input.fruits.a > null
e8 if input.fruits.a == -1.5e3
e9 if input.fruits.a == true
e10 if input.fruits.a < input.fruits.b
s1 if startswith(input.fruits.a, input.fruits.b)
s2 if startswith("x", input.fruits.b)
s3 if startswith(input.fruits.a, "")
s4 if contains(input.fruits.a, "x'\\\\_%y")
i1 if input.fruits.a in []
i2 if input.fruits.a in [[1]]
i3 if 1 in input.fruits.a
i4 if input.fruits.a in {"k": "v"}
i5 if input.fruits.a in input.fruits.b
i6 if input.fruits.a in [true, null, 1.5]
i7 if some x in input.fruits.a
i8 if "a" in input.fruits
u1 if input.fruits.a
u2 if input.fruits
u3 if count(input.fruits) > 1
u4 if input.fruits.a[_] == 1
u5 if input.fruits[0] == 1
u6 if input.fruits[input.k] == 1
u8 := input.fruits.a
u9 := input.fruits.a if input.fruits.b == 1
u10 if { x := input.fruits.a; x == 1 }
u12 if [x | x := input.fruits.a] == [1]
u13 contains 1 if input.fruits.a == 1
u14[1] := 2 if input.fruits.a == 1
u15 if input.fruits.a == rand.intn("x", 1)
u17 if input.fruits.a == 1 with input.x as 1
m1 if { input.fruits.a == 1; input.fruits.b == 1 }
m1 if { input.fruits.c == 1; true }
d1 if { m1; input.fruits.d == 1 }
`;

const names = `package k
i1 if input.fruits["select"] == 1
i2 if input.fruits["A"] == 1
i3 if input.fruits["a-b"] == 1
i4 if input.fruits["a\\"b\`c"] == 1
i5 if input["my tab"]["1x"] == "a\\nb\\t\\u0000\\b"
i6 if input["select"]["é"] == 1
i7 if input.fruits["a.b"] == 1
# METADATA
# compile:
#   unknowns: [input.fruits]
#   mask_rule: data.k.msk
i8 if input.fruits.a == 1
msk := {"fruits": {"a": {"replace": {"value": input.v}}}}
`;

const input = { favorite: "pear", wanted: ["red", "green"], list: ["p", "q"], k: "a", v: "q" };
const unknowns = ["input.fruits", "input.veg"];

function filter(rule: string, target: string, body: JsonObject = { input, unknowns }): Asked {
  return post(`/v1/compile/${rule}`, body, { Accept: `application/vnd.opa.${target}+json` });
}

/** All rules of a module, by name. */
function rulesOf(module: string): readonly string[] {
  const [, place = ""] = /^package (\w+)/.exec(module) ?? [];
  const rules = [...module.matchAll(/^([a-z]\w*)(?= if| contains| :=|\[)/gm)].map(([, name]) => `${place}/${name}`);
  return [...new Set(rules)].filter((rule) => !rule.endsWith("/else") && !rule.endsWith("/msk"));
}

/** Where OPA's filter lets other rows through than its policy does. */
const turned = "OPA takes a comparison for its negation when its operands change places";
const unsafe = "OPA takes a field that is no name for none at all";
const nothing = "OPA compares the field with nothing, or fails inside";
const order = "OPA has the alternatives in another order";
/** By what rule and target begin with. */
const differing: { readonly [place: string]: string } = {
  "filters/include sql": order,
  "filters/include ucast.a": order,
  "filters/include ucast.l": order,
  "filters/include ucast.p": order,
  "filters/f_lt": turned,
  "g/l1": turned,
  "g/l2": turned,
  "g/l3": turned,
  "g/l4": turned,
  "g/n4 sql": turned,
  "g/n4 ucast.a": turned,
  "g/i4": nothing,
  "g/i5": nothing,
  "g/i7": "OPA does not find its place",
  "g/s1 sql.p": nothing,
  "g/s1 ucast.a": nothing,
  "g/u5": unsafe,
  "g/u13": "OPA has no words for a set",
  "g/u17": "OPA leaves `with` out",
};

function differs(rule: string, target: string): string | undefined {
  const [, reason] = Object.entries(differing).find(([place]) => `${rule} ${target}`.startsWith(place)) ?? [];
  return reason;
}

function each(module: string, targets: readonly string[], body?: JsonObject): readonly Asked[] {
  return rulesOf(module).flatMap((rule) =>
    targets.map((target) => {
      const reason = differs(rule, target);
      return { ...filter(rule, target, body), ...(reason !== undefined && { differs: reason }) };
    }),
  );
}

const sql = ["sql.postgresql", "sql.mysql", "sql.sqlserver", "sql.sqlite"];
const ucast = ["ucast.all", "ucast.minimal", "ucast.linq", "ucast.prisma"];
const several = (options: JsonObject, more: JsonObject = {}): JsonObject => ({ input, unknowns, options, ...more });

const slips = `package slips

import rego.v1

colour if input.fruit.colour == "red"

colour if input.fruits.price == 1

several if input.fruti.colour in ["a", "b"]

call if startswith(input.froots.name, "x")

deeper if input.fruits.colour == input.wanted.a

far if input.vegetables.a == 1

negated if not input.fruit.colour == "red"
`;

/** Filters of databases. */
export const filterScenarios: readonly Scenario[] = [
  {
    name: "filters in SQL and UCAST",
    files: { "filters.rego": filters, "data.json": '{"roles":{"bob":"admin","al":"x"}}' },
    asks: each(filters, [...sql, ...ucast]),
  },
  {
    name: "shapes of filters",
    files: { "g.rego": shapes },
    asks: each(shapes, ["sql.postgresql", "sql.sqlite", "ucast.all", "ucast.linq"]),
  },
  {
    name: "names in filters",
    files: { "k.rego": names },
    asks: [
      ...each(names, [...sql, "ucast.all"], { unknowns: ["input"] }),
      filter("k/i8", "sql.sqlite", { input: { v: "q" } }),
      filter("k/i8", "sql.sqlite", {}),
    ],
  },
  {
    name: "names in filters that look like unknown ones",
    files: { "slips.rego": slips },
    asks: [
      ...each(slips, ["sql.postgresql"], { unknowns: ["input.fruits"] }),
      ...each(slips, ["ucast.all"], { unknowns: ["input.fruits", "input.fruity"] }),
      ...each(slips, ["sql.sqlite"], { unknowns: [] }),
      filter("slips/colour", "sql.sqlite", {}),
      post("/v1/compile/slips/colour", {}, { Accept: "" }),
    ],
  },
  {
    name: "filters as they are asked for",
    files: { "filters.rego": filters },
    asks: [
      filter("filters/kept", "multitarget"),
      filter(
        "filters/kept",
        "multitarget",
        several({
          targetDialects: ["sql+sqlite", "sql+postgresql", "ucast+prisma", "sql+mysql", "sql+sqlserver"],
          targetSQLTableMappings: {
            postgresql: { fruits: { $self: "FRUIT", colour: "COL" } },
            mysql: { fruits: { $self: "F2" } },
            ucast: { fruits: { price: "p" } },
          },
        }),
      ),
      filter("filters/never", "multitarget", several({ targetDialects: ["sql+sqlite", "ucast+all"] })),
      filter("filters/always", "multitarget", several({ targetDialects: ["sql+sqlite", "ucast+all"] })),
      filter("filters/f_call", "multitarget", several({ targetDialects: ["sql+sqlite", "ucast+all"] })),
      filter("filters/f_sw", "multitarget", several({ targetDialects: ["ucast+linq", "sql+sqlite", "ucast+minimal"] })),
      filter("filters/f_two", "multitarget", several({ targetDialects: ["ucast+linq", "sql+sqlite"] })),
      filter(
        "filters/f_notin",
        "multitarget",
        several({ targetDialects: ["ucast+linq", "sql+sqlite", "ucast+minimal"] }),
      ),
      filter("filters/kept", "multitarget", several({ targetDialects: ["sql+oracle"] })),
      {
        ...filter("filters/kept", "multitarget", several({ targetDialects: ["oracle"] })),
        differs: "OPA breaks on it",
      },
      filter("filters/kept", "multitarget", several({ targetDialects: [] })),
      filter("filters/kept", "sql.postgresql", several({ maskRule: "data.filters.masks" })),
      filter("filters/kept", "sql.postgresql", several({ maskRule: "masks" })),
      filter("filters/kept", "sql.postgresql", several({ maskRule: "nope" })),
      filter("filters/f_and", "sql.postgresql", several({ maskRule: "masks" }, { input: { hide: true } })),
      filter("filters/kept", "sql.postgresql", { input: { ...input, hide: true } }),
      filter("filters/kept", "sql.postgresql", {}),
      post("/v1/compile/filters/kept", "", { Accept: "application/vnd.opa.sql.postgresql+json" }),
      filter("filters/kept", "sql.postgresql", { unknowns: ["foo"] }),
      filter("filters/kept", "sql.postgresql", { unknowns: ["input.fruits.a"], query: "x" }),
      filter("filters/kept", "sql.postgresql", { unknowns: "x" }),
      filter("filters/kept", "sql.oracle"),
      filter("filters/kept", "ucast"),
      filter("filters/kept/x", "sql.sqlite"),
      filter("filters/nothing", "sql.sqlite"),
      filter("filters", "sql.sqlite"),
      filter("nothing/at/all", "sql.sqlite"),
      post("/v1/compile/filters/kept", "{}"),
      post("/v1/compile/filters/kept", "{}", { Accept: "application/json" }),
      post("/v1/compile/filters/kept", '{"input"', { Accept: "application/vnd.opa.sql.sqlite+json" }),
      post("/v1/compile/filters/kept?pretty", { input, unknowns }, { Accept: "application/vnd.opa.ucast.all+json" }),
      asked("GET", "/v1/compile/filters/kept"),
      asked("PUT", "/v1/compile/filters/kept", "{}"),
    ],
  },
];
