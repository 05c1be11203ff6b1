import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { compile, parseJson } from "@sallyport/rego";
import { findOpa } from "./opa-server.ts";
import { compareResidual } from "./partial.ts";
import { runPartialDifferential } from "./partial-run.ts";

// What partial evaluation leaves means what the query means, whatever the unknown documents turn out to be.

interface Case {
  readonly name: string;
  readonly rules: string;
  readonly query?: string;
}

const cases: readonly Case[] = [
  { name: "equality", rules: "allow if input.user == data.owner" },
  { name: "several ways", rules: 'allow if input.user == "ann"\nallow if input.roles[_] == "admin"' },
  { name: "a default", rules: 'default allow := false\nallow if input.user == "ann"' },
  {
    name: "roles from data",
    rules: "allow if { some role in input.roles; some grant in data.grants[role]; grant == input.verb }",
  },
  { name: "a negation", rules: "allow if not denied\ndenied if input.roles[_] == data.banned[_]" },
  { name: "a negation of what is known", rules: "allow if not data.grants.admin\nallow if not input.roles[7]" },
  { name: "else", rules: 'allow := 1 if input.user == "ann"\nelse := 2 if input.verb == "get"\nelse := 3' },
  { name: "a function", rules: "allow if same(input.user, data.owner)\nsame(a, b) if lower(a) == b" },
  {
    name: "a set",
    rules: "deny contains verb if { some verb in data.grants.viewer; verb != input.verb }",
    query: "x = data.p.deny",
  },
  {
    name: "a member",
    rules: "deny contains verb if { some verb in data.grants.viewer; verb != input.verb }",
    query: "data.p.deny[x]",
  },
  {
    name: "an object",
    rules: "by[role] := count(data.grants[role]) if some role in input.roles",
    query: "x = data.p.by",
  },
  {
    name: "a value of an object",
    rules: "by[role] := count(data.grants[role]) if some role in input.roles",
    query: "x = data.p.by.admin",
  },
  { name: "every", rules: "allow if { every role in input.roles { role in data.known; data.grants[role] } }" },
  { name: "every without a key", rules: "allow if { every v in data.known { v != input.user } }" },
  {
    name: "a comprehension",
    rules: "allow if { roles := {r | some r in input.roles; r in data.known}; count(roles) > 0 }",
  },
  {
    name: "with",
    rules: 'allow if inner with input.user as "ann"\ninner if { input.user == data.owner; input.verb == "get" }',
  },
  { name: "an error of a builtin", rules: 'allow if to_number(input.user) == 1\nallow if input.verb == "get"' },
  { name: "a template", rules: 'allow if $"{input.user}-{data.owner}" == "ann-ann"' },
];

const data = {
  owner: "ann",
  known: ["admin", "viewer"],
  banned: ["mallory"],
  grants: { admin: ["get", "put"], viewer: ["get"] },
};
const inputs = [
  "{}",
  '{"user": "ann", "verb": "get", "roles": []}',
  '{"user": "ANN", "verb": "put", "roles": ["viewer"]}',
  '{"user": "1", "verb": "put", "roles": ["admin", "viewer"]}',
  '{"user": "bob", "roles": ["mallory", "admin"]}',
  '{"user": ["ann"], "verb": null, "roles": {"a": "admin"}}',
  '"ann"',
];

for (const { name, rules, query = "x = data.p.allow" } of cases)
  for (const unknowns of [["input"], ["data"], ["input", "data"]])
    test(`${name}, without ${unknowns.join(" and ")}`, () => {
      const { policy, diagnostics } = compile([{ file: "p.rego", text: `package p\n\n${rules}\n` }]);
      deepEqual(diagnostics, []);
      if (policy === undefined) return;
      for (const input of inputs)
        equal(compareResidual({ policy, query, unknowns, data, input: parseJson(input) }), "same", input);
    });

/** In a long run thousands: `npm run differential -- partial 1000`. */
const programs = 40;

const opa = findOpa();

test(`residuals of ${programs} random programs`, { skip: "missing" in opa && opa.missing }, async () => {
  if ("missing" in opa) return;
  const counts = await runPartialDifferential(opa.file, programs, 5);
  deepEqual(counts.different, []);
  ok(counts.sameTrees > (counts.compared - counts.skipped) * 0.9, JSON.stringify(counts));
  ok(counts.sameTrees > 100, JSON.stringify(counts));
});
