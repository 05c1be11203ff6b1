import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, type Connection, kubeconfigConnection } from "@sallyport/cluster";
import type { KubeObject } from "@sallyport/kube";
import { defaultSyncOptions, statusAnnotation } from "@sallyport/opa/sync";
import { freePort } from "../../../../scripts/free-port.ts";
import { openGatehouse } from "../gatehouse.ts";
import { createOpaClient, type OpaClient } from "./opa-client.ts";
import { parseReplicated } from "./replicated.ts";
import { openSync, type RunningSync, type RunSyncOptions } from "./run-sync.ts";

const bin = join(import.meta.dirname, "../../bin/sallyport.js");

/** The policy servers: ours, and OPA where there is one. */
const servers: { readonly [name: string]: readonly string[] | undefined } = {
  Sallyport: [process.execPath, bin, "opa"],
  OPA: process.env["SALLYPORT_OPA"] === undefined ? undefined : [process.env["SALLYPORT_OPA"]],
};

interface Bed {
  readonly kube: Client;
  readonly opa: OpaClient;
  readonly start: (options?: Partial<RunSyncOptions>) => Promise<RunningSync>;
  /** The policy server ends, and begins again with nothing. */
  readonly restart: () => Promise<void>;
  readonly said: readonly string[];
}

async function withBed(command: readonly string[], run: (bed: Bed) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-sync-"));
  const gatehouse = await openGatehouse({
    folder,
    host: "127.0.0.1",
    port: 0,
    memory: true,
    chain: {},
    // Policies are the server's alone here.
    sync: { enablePolicies: false, enableData: false },
    onFault: (error) => assert.fail(String(error)),
  });
  const connection = kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now });
  const kube = new Client(connection);
  await kube.ask("/api/v1/namespaces", { method: "POST", body: { metadata: { name: "opa" } } });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/v1`;
  const opa = createOpaClient({ url });
  let server = await startServer(command, port, opa);
  const running: RunningSync[] = [];
  const said: string[] = [];
  try {
    await run({
      kube,
      opa,
      said,
      start: async (options = {}) => {
        const sync = openSync({ ...usual(connection, said), opa: createOpaClient({ url }), ...options });
        running.push(sync);
        await until(async () => sync.notReady(), undefined);
        return sync;
      },
      restart: async () => {
        await stop(server);
        server = await startServer(command, port, opa);
      },
    });
  } finally {
    await Promise.all(running.map((each) => each.close()));
    await stop(server);
    opa.close();
    kube.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function usual(connection: Connection, said: string[]) {
  const say = (_level: string, text: string) => {
    said.push(text);
  };
  return { connection, sync: defaultSyncOptions, replicate: [], derive: false, say };
}

async function startServer(command: readonly string[], port: number, opa: OpaClient): Promise<ChildProcess> {
  const [file = "", ...words] = command;
  const child = spawn(file, [...words, "run", "--server", "--addr", `127.0.0.1:${port}`], { stdio: "ignore" });
  const answers = () =>
    opa.ask("GET", "/data/nothing").then(
      () => true,
      () => false,
    );
  await until(answers, true);
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  if (child.exitCode === null) await once(child, "exit");
}

/** Waits until it is so; tells what it was instead. */
async function until(look: () => Promise<unknown>, expected: unknown): Promise<void> {
  const deadline = Date.now() + 30_000;
  let found = await look();
  while (JSON.stringify(found) !== JSON.stringify(expected) && Date.now() < deadline) {
    await new Promise((done) => setTimeout(done, 50));
    found = await look();
  }
  assert.deepEqual(found, expected);
}

const place = "/api/v1/namespaces/opa/configmaps";

async function write(kube: Client, name: string, data: { [key: string]: string }, labels = {}): Promise<void> {
  const body = { metadata: { name, labels }, data };
  await kube.ask(`${place}/${name}`, { method: "DELETE" }).catch(() => {});
  await kube.ask(place, { method: "POST", body });
}

async function edit(kube: Client, name: string, data: { [key: string]: string | null }): Promise<void> {
  await kube.ask(`${place}/${name}`, { method: "PATCH", type: "application/merge-patch+json", body: { data } });
}

async function status(kube: Client, name: string): Promise<string | undefined> {
  const { metadata } = (await kube.ask(`${place}/${name}`)) as KubeObject;
  const text = metadata.annotations?.[statusAnnotation];
  return text === undefined ? undefined : (JSON.parse(text) as { readonly status: string }).status;
}

async function data(opa: OpaClient, path: string): Promise<unknown> {
  const { body } = await opa.ask("GET", `/data/${path}`);
  return (body as { readonly result?: unknown }).result;
}

const use = { "u.rego": "package use\nimport data.lib\ny := lib.f(1)" };
const lib = { "l.rego": "package lib\nf(x) := x + 1" };
const count = { "c.rego": "package c\nimport data.kubernetes.pods\nn := count([p | p := pods[_][_]])" };

const policyLabel = { "openpolicyagent.org/policy": "rego" };
const dataLabel = { "openpolicyagent.org/data": "opa" };

/** ConfigMaps `namespace/name` with what they hold, and their labels. */
const written: readonly (readonly [
  string,
  { readonly [key: string]: string },
  { readonly [label: string]: string }?,
])[] = [
  ["opa/plain", { "plain.rego": "package plain\nx := 1" }],
  ["opa/labelled", { "labelled.rego": "package labelled\nx := 1" }, policyLabel],
  ["opa/law", { "law.rego": "package law\nx := 1" }, { kind: "law" }],
  ["opa/facts", { "facts.json": "[1]" }, dataLabel],
  ["opa/own", { "own.json": "[1]" }, { kind: "facts" }],
  ["default/far", { "far.rego": "package far\nx := 1" }, policyLabel],
  ["default/unsaid", { "unsaid.rego": "package unsaid\nx := 1" }],
];

/** What each flag makes of them: the documents of `data`, two names deep. */
const taken: readonly {
  readonly flags: Partial<RunSyncOptions["sync"]>;
  readonly replicate?: readonly string[];
  readonly data: string;
}[] = [
  { flags: {}, data: "labelled/x law/x opa/facts plain/x" },
  { flags: { requirePolicyLabel: true }, data: "labelled/x opa/facts" },
  { flags: { policyLabel: "kind", policyValue: "law", requirePolicyLabel: true }, data: "law/x opa/facts" },
  { flags: { dataLabel: "kind", dataValue: "facts" }, data: "labelled/x law/x opa/own plain/x" },
  { flags: { enablePolicies: false }, data: "opa/facts" },
  { flags: { enableData: false }, data: "labelled/x law/x plain/x" },
  { flags: { namespaces: ["*"], requirePolicyLabel: true }, data: "far/x labelled/x opa/facts" },
  { flags: { namespaces: ["default"] }, data: "far/x unsaid/x" },
  {
    flags: { enablePolicies: false, enableData: false, replicateIgnoreNamespaces: ["opa"] },
    replicate: ["v1/configmaps"],
    data: "kubernetes/configmaps",
  },
  {
    flags: { enablePolicies: false, enableData: false, replicatePath: "cluster/objects" },
    replicate: ["v1/configmaps", "v1/namespaces"],
    // What an earlier run has replicated elsewhere is whoever reads it there to take away.
    data: "cluster/objects kubernetes/configmaps",
  },
];

/** Two names deep, but not what replication has written of itself. */
async function documents(opa: OpaClient): Promise<string> {
  const { body } = await opa.ask("GET", "/data");
  const root = (body as { readonly result: { readonly [name: string]: object } }).result;
  const paths = Object.entries(root).flatMap(([name, below]) => Object.keys(below).map((key) => `${name}/${key}`));
  return paths.sort().join(" ");
}

const stories: { readonly [story: string]: (bed: Bed) => Promise<void> } = {
  "policies that wait for each other, and lose each other": async ({ kube, opa, start }) => {
    await start();
    await write(kube, "use", use);
    await until(() => status(kube, "use"), "error");
    await write(kube, "lib", lib);
    await until(() => status(kube, "use"), "ok");
    assert.equal(await data(opa, "use/y"), 2);
    await kube.ask(`${place}/lib`, { method: "DELETE" });
    await until(() => status(kube, "use"), "error");
    assert.deepEqual([await data(opa, "use/y"), await data(opa, "lib")], [undefined, undefined]);
  },
  "a broken edit keeps the last good text, and a removed key removes": async ({ kube, opa, start }) => {
    await start();
    await write(kube, "p", { "a.rego": "package a\nx := 1", "b.rego": "package b\nx := 1" });
    await until(() => status(kube, "p"), "ok");
    await edit(kube, "p", { "a.rego": "package a\nx := 2", "b.rego": "package b\nx := y" });
    await until(() => status(kube, "p"), "error");
    assert.deepEqual([await data(opa, "a/x"), await data(opa, "b/x")], [1, 1]);
    await edit(kube, "p", { "a.rego": "package a\nx := 3", "b.rego": null });
    await until(() => data(opa, "b/x"), undefined);
    assert.equal(await data(opa, "a/x"), 3);
  },
  "a key that is renamed": async ({ kube, opa, start }) => {
    await start();
    const text = "package r\ndefault x := 1";
    await write(kube, "r", { "a.rego": text });
    await until(() => data(opa, "r/x"), 1);
    await edit(kube, "r", { "a.rego": null, "b.rego": text });
    await until(async () => (await opa.ask("GET", "/policies/opa/r/a.rego")).status, 404);
    assert.equal(await data(opa, "r/x"), 1);
    await until(() => status(kube, "r"), "ok");
  },
  "data of ConfigMaps, two keys of which go together": async ({ kube, opa, start }) => {
    await start({ replicate: [parseReplicated("--replicate", "v1/namespaces")] });
    await write(kube, "d", { "x.json": "[1,2]", y: '{"a":1}' }, { "openpolicyagent.org/data": "opa" });
    await until(() => data(opa, "opa/d"), { "x.json": [1, 2], y: { a: 1 } });
    await until(() => status(kube, "d"), "ok");
    await kube.ask(`${place}/d`, { method: "DELETE" });
    await until(() => data(opa, "opa"), {});
    assert.equal(typeof (await data(opa, "kubernetes/namespaces/opa")), "object");
  },
  "a server that restarts is filled again": async ({ kube, opa, start, restart, said }) => {
    const sync = await start({ replicate: [parseReplicated("--replicate", "v1/pods")] });
    await write(kube, "c", count);
    const pod = { metadata: { name: "a" }, spec: { containers: [{ name: "a", image: "x" }] } };
    await kube.ask("/api/v1/namespaces/default/pods", { method: "POST", body: pod });
    await until(() => data(opa, "c/n"), 1);
    await restart();
    await until(() => data(opa, "c/n"), 1);
    await until(async () => sync.notReady(), undefined);
    assert.ok(said.some((text) => /it has restarted/.test(text)));
    await kube.ask("/api/v1/namespaces/default/pods/a?gracePeriodSeconds=0", { method: "DELETE" });
    await until(() => data(opa, "c/n"), 0);
  },
  "the last good text outlives the server": async ({ kube, opa, start, restart }) => {
    await start();
    await write(kube, "p", { "a.rego": "package a\nx := 1" });
    await write(kube, "use", { "u.rego": "package use\nimport data.a\ny := a.x + 1" });
    await until(() => data(opa, "use/y"), 2);
    await edit(kube, "p", { "a.rego": "package a\nx := y" });
    await until(() => status(kube, "p"), "error");
    await restart();
    await until(() => data(opa, "use/y"), 2);
    assert.equal(await status(kube, "p"), "error");
    await edit(kube, "p", { "a.rego": "package a\nx := 2" });
    await until(() => data(opa, "use/y"), 3);
  },
  "what an earlier run has left is taken away, what others have put is not": async ({ kube, opa, start }) => {
    await opa.ask("PUT", "/policies/opa/example1/x.rego", { type: "text/plain", text: "package example\nx := 1" });
    const first = await start();
    await write(kube, "lib", lib);
    await until(() => status(kube, "lib"), "ok");
    await first.close();
    await kube.ask(`${place}/lib`, { method: "DELETE" });
    await start();
    assert.equal((await opa.ask("GET", "/policies/opa/lib/l.rego")).status, 404);
    assert.equal(await data(opa, "example/x"), 1);
  },
  "what each flag takes in": async ({ kube, opa, start }) => {
    for (const [place, data, labels = {}] of written) {
      const [namespace, name] = place.split("/");
      const body = { metadata: { name, labels }, data };
      await kube.ask(`/api/v1/namespaces/${namespace}/configmaps`, { method: "POST", body });
    }
    for (const { flags, replicate = [], data: wanted } of taken) {
      const sync = await start({
        sync: { ...defaultSyncOptions, ...flags },
        replicate: replicate.map((each) => parseReplicated("--replicate", each)),
      });
      await until(() => documents(opa), wanted);
      if (flags.replicatePath !== undefined)
        assert.deepEqual(Object.keys((await data(opa, "cluster/objects")) as object), ["configmaps", "namespaces"]);
      if (flags.replicateIgnoreNamespaces !== undefined)
        assert.equal(await data(opa, "kubernetes/configmaps/opa"), undefined);
      await sync.close();
    }
  },
  "replication follows what policies read": async ({ kube, opa, start }) => {
    const sync = await start({ derive: true });
    assert.deepEqual(sync.replicated(), []);
    await write(kube, "c", count);
    await until(() => data(opa, "kubernetes/pods"), {});
    assert.deepEqual(sync.replicated(), [{ group: "", version: "v1", resource: "pods" }]);
    await kube.ask(`${place}/c`, { method: "DELETE" });
    await until(() => data(opa, "kubernetes/pods"), undefined);
    assert.deepEqual(sync.replicated(), []);
  },
};

for (const [name, command] of Object.entries(servers)) {
  for (const [story, run] of Object.entries(stories)) {
    const skip = command === undefined && "no OPA: SALLYPORT_OPA names its file";
    test(`sync with ${name}: ${story}`, { skip }, () => withBed(command ?? [], run));
  }
}
