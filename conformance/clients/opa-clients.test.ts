import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { OPAClient } from "@open-policy-agent/opa";
import { OPAClient as StyraClient } from "@styra/opa";
import { findOpa } from "../../differential/opa-server.ts";
import { freePort } from "../../scripts/free-port.ts";
import { nodeArguments } from "../../scripts/node-arguments.ts";

// OPA's own client and the one before it, by the examples of their README, against `sallyport opa run --server` and a real OPA.

const policies = {
  "authz.rego": `package authz
default allow := false
allow if input.subject == "alice"
response.allowed if input.subject == "alice"
response.details contains "input.a is OK" if input.a in ["a", "A"]
conflict := 1 if input.conflict
conflict := 2 if input.conflict
`,
  "filters.rego": `package filters
# METADATA
# scope: document
# compile:
#   unknowns: ["input.fruits"]
#   mask_rule: masks
include if input.fruits.colour in input.fav_colours
masks.fruits.supplier.replace.value := "<supplier>"
`,
  "main.rego": `package system
main := {"said": object.get(input, "x", "nothing")}
`,
};

const fruits = { fav_colours: ["red", "green"] };
const masks = { fruits: { supplier: { replace: { value: "<supplier>" } } } };

type Client = OPAClient | StyraClient;

interface Case {
  readonly name: string;
  readonly call: (client: Client) => Promise<unknown>;
  /** What the call gives, as JSON. */
  readonly gives?: unknown;
  /** What its error says. */
  readonly fails?: RegExp;
  /** Filters have media types of the product's name, which changed: OPA knows the new ones. */
  readonly newClientOnly?: true;
}

const cases: readonly Case[] = [
  { name: "a rule without input", call: (opa) => opa.evaluate("authz/allow"), gives: false },
  { name: "input", call: (opa) => opa.evaluate("authz/allow", { subject: "alice" }), gives: true },
  { name: "input that is a text", call: (opa) => opa.evaluate("authz/allow", "alice"), gives: false },
  { name: "input that is false", call: (opa) => opa.evaluate("authz/allow", false), gives: false },
  { name: "input that is a list", call: (opa) => opa.evaluate("authz/response", [1]), gives: { details: [] } },
  {
    name: "a result that is made over",
    call: (opa) =>
      opa.evaluate(
        "authz/response",
        { subject: "alice", a: "A" },
        { fromResult: (result) => (result as { allowed: boolean }).allowed },
      ),
    gives: true,
  },
  { name: "a rule that is undefined", call: (opa) => opa.evaluate("authz/nothing"), gives: undefined },
  { name: "a package that nobody wrote", call: (opa) => opa.evaluate("no/where", { a: 1 }), gives: undefined },
  { name: "the default decision", call: (opa) => opa.evaluateDefault(), gives: { said: "nothing" } },
  { name: "the default decision with input", call: (opa) => opa.evaluateDefault({ x: 3 }), gives: { said: 3 } },
  {
    name: "a conflict",
    call: (opa) => opa.evaluate("authz/conflict", { conflict: true }),
    fails: /error\(s\) occurred while evaluating query/,
  },
  {
    name: "a batch, which OPA does not know",
    call: (opa) => opa.evaluateBatch("authz/allow", { alice: { subject: "alice" } }),
    fails: /Status 404/,
  },
  {
    name: "a filter for Prisma",
    call: (opa) => opa.getFilters("filters/include", fruits, "fruits"),
    gives: { query: { colour: { in: ["red", "green"] } }, masks },
    newClientOnly: true,
  },
  {
    name: "a filter in SQL",
    call: (opa) => opa.getFilters("filters/include", fruits, { target: "postgresql" }),
    gives: { query: "WHERE fruits.colour IN (E'red', E'green')", masks },
    newClientOnly: true,
  },
  {
    name: "a filter with other names of tables",
    call: (opa) =>
      opa.getFilters("filters/include", fruits, {
        target: "mysql",
        tableMappings: { fruits: { $self: "f", colour: "col" } },
      }),
    gives: { query: "WHERE f.col IN ('red', 'green')", masks },
    newClientOnly: true,
  },
  {
    name: "several filters at once",
    call: (opa) => opa.getMultipleFilters("filters/include", fruits, { targets: ["mysql", "ucastPrisma"] }),
    gives: {
      mysql: { query: "WHERE fruits.colour IN ('red', 'green')", masks },
      ucast: {
        query: { field: "fruits.colour", operator: "in", type: "field", value: ["red", "green"] },
        masks,
      },
    },
    newClientOnly: true,
  },
];

const opa = findOpa();

test("OPA's clients run against the policy server", { timeout: 120_000 }, () =>
  withServer(process.execPath, [...nodeArguments, "opa"], judgeAll),
);

test("OPA's clients get the same from OPA", { timeout: 120_000, skip: "missing" in opa && opa.missing }, async () => {
  if (!("missing" in opa)) await withServer(opa.file, [], judgeAll);
});

async function judgeAll(url: string): Promise<void> {
  for (const each of cases) {
    await judge(each, new OPAClient(url));
    if (each.newClientOnly !== true) await judge(each, new StyraClient(url));
  }
}

async function judge({ name, call, gives, fails }: Case, client: Client): Promise<void> {
  if (fails !== undefined) await assert.rejects(call(client), fails, name);
  else assert.deepEqual(asJson(await call(client)), gives, name);
}

/** Functions, such as the one that masks, are not compared. */
function asJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** What a server may take until it answers. */
const readyMs = 60_000;

async function withServer(file: string, args: readonly string[], run: (url: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "opa-clients-"));
  for (const [name, text] of Object.entries(policies)) writeFileSync(join(folder, name), text);
  const address = `127.0.0.1:${await freePort()}`;
  const words = ["run", "--server", "--log-level=error", `--addr=${address}`, folder];
  const server = spawn(file, [...args, ...words], { stdio: "ignore" });
  try {
    await ready(`http://${address}/health`);
    await run(`http://${address}`);
  } finally {
    server.kill("SIGKILL");
    await once(server, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ready(url: string): Promise<void> {
  for (const end = Date.now() + readyMs; Date.now() < end; await new Promise((done) => setTimeout(done, 50)))
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
  throw new Error(`${url} does not answer`);
}
