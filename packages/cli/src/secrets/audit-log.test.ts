import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { AccessRecord, type AuditEvent, accessOf, worldOf } from "@sallyport/secrets";
import { parse } from "yaml";
import { auditEvents } from "./audit-log.ts";
import { suggestJson, suggestYaml } from "./suggest-text.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-audit-log-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function eventsOf(text: string): Promise<readonly AuditEvent[]> {
  const file = join(folder, "audit.log");
  writeFileSync(file, text);
  const events: AuditEvent[] = [];
  for await (const event of auditEvents(file)) events.push(event);
  return events;
}

const event = (stage: string, verb: string, name: string) => ({
  apiVersion: "audit.k8s.io/v1",
  kind: "Event",
  stage,
  verb,
  user: { username: "system:serviceaccount:ci:builder", groups: ["system:authenticated"] },
  objectRef: { apiVersion: "v1", resource: "secrets", namespace: "prod", name },
});
const lines = (...events: readonly object[]) => events.map((each) => `${JSON.stringify(each)}\n`).join("");

test("an audit log: events that were decided about, one a line or in lists", async () => {
  const list = { kind: "EventList", apiVersion: "audit.k8s.io/v1", items: [event("Panic", "get", "c")] };
  const log = lines(event("RequestReceived", "get", "a"), event("ResponseComplete", "get", "b"), list);
  const found = await eventsOf(`${log}\n\n`);
  assert.deepEqual(
    found.map(({ objectRef }) => objectRef?.name),
    ["b", "c"],
  );
});

for (const [name, text, message] of [
  ["text", "hello\n", /audit\.log:1: no JSON object; a log has one a line$/],
  [
    "a line that was cut off",
    `${lines(event("ResponseComplete", "get", "a"))}{"kind":`,
    /audit\.log:2: no JSON object/,
  ],
  ["a number", "1\n", /audit\.log:1: no JSON object/],
  ["another object", '{"kind":"Event","apiVersion":"v1"}\n', /audit\.log:1: expected an Event of audit\.k8s\.io\/v1/],
] as const)
  test(`an audit log that is ${name}: one clear line`, () =>
    assert.rejects(eventsOf(text), { name: "InputError", message }));

test("an audit log that is not there, or a folder", async () => {
  const first = (file: string) => auditEvents(file).next();
  await assert.rejects(first("/nowhere"), { name: "InputError", message: "/nowhere: no such file or directory" });
  await assert.rejects(first(folder), { name: "InputError", message: `${folder}: is a directory` });
});

test("suggestions as manifests, with comments of what was not used", async () => {
  const record = new AccessRecord();
  for (const each of await eventsOf(lines(event("ResponseComplete", "get", "db"))))
    for (const used of accessOf(each)) record.add(used);
  const rule = { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list"] };
  const name = { name: "r", namespace: "prod" };
  const subject = { kind: "ServiceAccount", name: "builder", namespace: "ci" };
  const version = { apiVersion: "rbac.authorization.k8s.io/v1" };
  const suggestions = record.suggestions(
    worldOf([
      { ...version, kind: "Role", metadata: name, rules: [rule] },
      { ...version, kind: "RoleBinding", metadata: name, roleRef: { kind: "Role", name: "r" }, subjects: [subject] },
    ]),
  );
  const yaml = suggestYaml(suggestions);
  assert.match(
    yaml,
    /^# ServiceAccount ci\/builder\n# {3}not used: list secrets in rule 1 of Role prod\/r \(RoleBinding prod\/r\)\n---\n/,
  );
  assert.deepEqual(parse(yaml.split("---\n")[1] ?? "").rules, [
    { apiGroups: [""], resources: ["secrets"], verbs: ["get"], resourceNames: ["db"] },
  ]);
  const [json] = JSON.parse(JSON.stringify(suggestJson(suggestions)));
  assert.deepEqual([json.subject, json.unused[0].acts, json.manifests.length], [subject, ["list secrets"], 2]);
});
