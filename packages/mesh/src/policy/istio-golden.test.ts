import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseYamlDocuments } from "@sallyport/kube";
import fc from "fast-check";
import { type AuthorizationPolicy, actionOf, isDryRun } from "./authorization-policy.ts";
import { readyRule } from "./authorization-rule.ts";
import type { Call } from "./call.ts";
import { CallFacts } from "./call-facts.ts";
import { type EnvoyPolicy, envoyMatches, questionsOf } from "./envoy-rbac.fixture.ts";

// What Istio's own builder made of policies, in its tests: each question of each rule is asked beside ours.

const source = process.env["SALLYPORT_ISTIO"] ?? "";
const folder = join(source, "pilot/pkg/security/authz/builder/testdata");
const skip = source === "" || !existsSync(folder) ? "no source tree of Istio in SALLYPORT_ISTIO" : false;

/** Policies of a file, what was made of them, and the trust domains of the mesh. */
const files: readonly [string, string, readonly string[], (readonly string[])?][] = [
  ["http", "allow-empty-rule", ["allow-empty-rule-out"]],
  ["http", "allow-full-rule", ["allow-full-rule-out"]],
  ["http", "allow-nil-rule", ["allow-nil-rule-out"]],
  ["http", "allow-path", ["allow-path-out"]],
  ["http", "audit-full-rule", ["audit-full-rule-out"]],
  ["http", "deny-and-allow", ["deny-and-allow-out1", "deny-and-allow-out2"]],
  ["http", "deny-empty-rule", ["deny-empty-rule-out"]],
  ["http", "dry-run-allow-and-deny", ["dry-run-allow-and-deny-out1", "dry-run-allow-and-deny-out2"]],
  ["http", "dry-run-allow", ["dry-run-allow-out"]],
  ["http", "dry-run-mix", ["dry-run-mix-out"]],
  ["http", "multiple-policies", ["multiple-policies-out"]],
  ["http", "single-policy", ["single-policy-out"]],
  ["http", "simple-policy-td-aliases", ["simple-policy-td-aliases-out"], ["td1", "cluster.local"]],
  [
    "http",
    "simple-policy-multiple-td-aliases",
    ["simple-policy-multiple-td-aliases-out"],
    ["td1", "cluster.local", "some-td"],
  ],
  ["http", "simple-policy-principal-with-wildcard", ["simple-policy-principal-with-wildcard-out"], ["td1", "foobar"]],
  [
    "http",
    "td-aliases-source-principal",
    ["td-aliases-source-principal-out"],
    ["new-td", "old-td", "some-trustdomain"],
  ],
  ["http", "trust-domains", ["trust-domains-out"]],
  ["tcp", "allow-both-http-tcp", ["allow-both-http-tcp-out"]],
  ["tcp", "allow-only-http", ["allow-only-http-out"]],
  ["tcp", "audit-both-http-tcp", ["audit-both-http-tcp-out"]],
  ["tcp", "deny-both-http-tcp", ["deny-both-http-tcp-out"]],
  ["tcp", "dry-run-mix", ["dry-run-mix-out"]],
];

for (const [protocol, name, made, domains] of files) {
  test(`Istio's builder and ours ask the same: ${protocol}/${name}`, { skip }, () => {
    const read = (file: string) => documentsOf(readFileSync(join(folder, protocol, `${file}.yaml`), "utf8"));
    const policies = read(`${name}-in`) as AuthorizationPolicy[];
    const filters = made.flatMap(read).map((filter) => (filter as { typedConfig: Filter }).typedConfig);
    const calls = callsFor(stringsOf([policies, filters]), protocol === "http");
    for (const policy of policies) comparePolicy(policy, filters, domains ?? [], protocol === "http", calls);
  });
}

interface Filter {
  readonly rules?: { readonly policies?: { readonly [name: string]: EnvoyPolicy } };
  readonly shadowRules?: { readonly policies?: { readonly [name: string]: EnvoyPolicy } };
}

function documentsOf(text: string): readonly unknown[] {
  return parseYamlDocuments(text)
    .documents.map((document) => document.toJS())
    .filter((each) => each !== null && each !== undefined);
}

function comparePolicy(
  policy: AuthorizationPolicy,
  filters: readonly Filter[],
  trustDomains: readonly string[],
  isHttp: boolean,
  calls: readonly Call[],
): void {
  const { namespace = "", name = "" } = policy.metadata;
  const place = { action: actionOf(policy), namespace, trustDomains };
  for (const [i, rule] of (policy.spec?.rules ?? []).entries()) {
    const key = `ns[${namespace}]-policy[${name}]-rule[${i}]`;
    const kind = isDryRun(policy) ? "shadowRules" : "rules";
    const generated = filters.map((filter) => filter[kind]?.policies?.[key]).find((each) => each !== undefined);
    const ready = readyRule(rule, isHttp, place);
    assert.equal("skipped" in ready, generated === undefined, `${key} is left out by one of both`);
    if ("skipped" in ready || generated === undefined) continue;
    compareQuestions(ready.to, questionsOf(generated.permissions), calls, `${key} to`);
    compareQuestions(ready.from, questionsOf(generated.principals), calls, `${key} from`);
  }
}

function compareQuestions(
  ours: readonly (readonly { readonly text: string; readonly matches: (facts: CallFacts) => boolean }[])[],
  theirs: ReturnType<typeof questionsOf>,
  calls: readonly Call[],
  where: string,
): void {
  assert.deepEqual(
    ours.map((all) => all.length),
    theirs.map((all) => all.length),
    `${where}: other questions`,
  );
  for (const [i, all] of ours.entries())
    for (const [j, { text, matches }] of all.entries())
      for (const call of calls)
        assert.equal(
          matches(new CallFacts(call)),
          envoyMatches(theirs[i]?.[j], call),
          `${where}: ${text} of ${JSON.stringify(call)}`,
        );
}

/** Every text of policies and of what was made of them, each also with a little before and behind. */
function stringsOf(value: unknown): readonly string[] {
  if (typeof value === "string") {
    const bare = value.replace(/^spiffe:\/\//, "").replaceAll(/[*{}]/g, "");
    return [bare, `x${bare}`, `${bare}x`];
  }
  if (typeof value !== "object" || value === null) return [];
  return [...new Set(Object.values(value).flatMap(stringsOf))];
}

/** Calls that are about these texts: a fixed seed, so that a failure is the same for everybody. */
function callsFor(strings: readonly string[], isHttp: boolean): readonly Call[] {
  const text = fc.constantFrom(...strings);
  const addresses = strings.filter((each) => /^\d+\.\d+\.\d+\.\d+$/.test(each));
  const ip = fc.constantFrom("9.9.9.9", ...addresses);
  const ports = strings.map(Number).filter((each) => Number.isInteger(each) && each > 0 && each < 65536);
  const principal = fc.oneof(
    // A peer without a name has proved to be nobody.
    text.filter((each) => each !== ""),
    fc.tuple(text, text, text).map(([domain, namespace, account]) => `${domain}/ns/${namespace}/sa/${account}`),
  );
  const claim = fc.oneof(text, fc.array(text, { maxLength: 2 }));
  const http = fc.record({
    method: text,
    path: fc.oneof(
      text.map((each) => (each.startsWith("/") ? each : `/${each}`)),
      fc.tuple(text, text, text).map((parts) => `/${parts.map((each) => each.replaceAll("/", "")).join("/")}`),
      fc.constantFrom("/path/template/a", "/a/b/path/template", "/path/template/", "/"),
    ),
    host: text,
    headers: fc.oneof(fc.constant({}), fc.record({ "x-header": text }), fc.record({ "x-forwarded-for": ip })),
    claims: fc.record({ iss: text, sub: text, aud: claim, azp: claim, nested1: fc.record({ nested2: claim }) }),
  });
  const call = fc.record({
    source: fc.record({ ip, principal: fc.option(principal, { nil: undefined, freq: 6 }) }),
    destination: fc.record({ ip, port: fc.constantFrom(1, ...ports, 80, 90, 91, 8080, 9001) }),
    serverName: fc.option(text, { nil: undefined }),
    http: isHttp ? http : fc.constant(undefined),
  });
  return fc.sample(call, { numRuns: 400, seed: 1 }).map((each) => JSON.parse(JSON.stringify(each)));
}
