import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { compile, type JsonObject, type RegoPolicy } from "@sallyport/rego";
import { type Filter, filterOf } from "./conditions.ts";
import { Mappings } from "./mappings.ts";
import { SqlError, sqlOf } from "./sql.ts";
import { type Target, targets } from "./targets.ts";
import { ucastOf } from "./ucast.ts";

// What OPA writes is compared with it by the REST API's scenarios; here is what it writes wrongly.

function policyOf(body: string): RegoPolicy {
  const { policy, diagnostics } = compile([{ file: "p.rego", text: `package p\n\nallow if ${body}\n` }]);
  if (policy === undefined) throw new Error(diagnostics.map(({ message }) => message).join());
  return policy;
}

function read(body: string, dialect: string): ReturnType<typeof filterOf> {
  const result = policyOf(body)
    .prepareQuery("data.p.allow")
    .partial({ unknowns: ["input.t"] });
  return filterOf(result, [targets[dialect] as Target]);
}

function sql(body: string): string {
  const found = read(body, "sql+sqlite");
  if (!("filter" in found)) throw new Error(found.faults.map(({ message }) => message).join());
  return sqlOf(found.filter as Exclude<Filter, "never">, "sqlite", new Mappings({}));
}

const turned: { readonly [body: string]: string } = {
  "3 < input.t.p": "WHERE t.p > '3'",
  "3 <= input.t.p": "WHERE t.p >= '3'",
  "3 > input.t.p": "WHERE t.p < '3'",
  "3 >= input.t.p": "WHERE t.p <= '3'",
  "3 != input.t.p": "WHERE t.p <> '3'",
  "not 3 < input.t.p": "WHERE NOT t.p > '3'",
};

for (const [body, text] of Object.entries(turned))
  test(`a comparison stays what it is when its operands change places: ${body}`, () => equal(sql(body), text));

const refused: { readonly [body: string]: string } = {
  "input.t[0] == 1": "eq: invalid ref operand: input.t[0]",
  "input.t.a in input.t.b": "rhs of internal.member_2 must be known",
  "startswith(input.t.a, input.t.b)": "rhs of startswith must be known",
  'input.t.a in {"k": "v"}': 'existence of field: unsupported feature "existence-ref" for UCAST (all)',
};

for (const [body, message] of Object.entries(refused))
  test(`refused, where OPA's filter lets rows through: ${body}`, () => {
    const found = read(body, "ucast+all");
    deepEqual("faults" in found && found.faults.map((each) => each.message), [message]);
  });

test("null is only equal or not", () => {
  throws(() => sql("input.t.a > null"), new SqlError("null value can only be used with 'eq' or 'ne' operators"));
});

test("numbers that a double cannot hold stay exact", () => {
  const found = read("input.t.a == 12345678901234567890", "ucast+all");
  const ucast: JsonObject =
    "filter" in found ? ucastOf(found.filter as Exclude<Filter, "never">, new Mappings({})) : {};
  equal(String(ucast["value"]), "12345678901234567890");
});
