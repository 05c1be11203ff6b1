import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { base64url, flattenedVerify } from "jose";
import { type World, withWorld } from "./world.fixture.ts";

const controllers = ["bootstrapsigner", "tokencleaner"];

function token(id: string, more: { readonly [key: string]: string } = {}): KubeObject {
  const stringData = { "token-id": id, "token-secret": `${id}0123456789`, "usage-bootstrap-signing": "true", ...more };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: `bootstrap-token-${id}`, namespace: "kube-system" },
    type: "bootstrap.kubernetes.io/token",
    stringData,
  };
}

async function prepare(world: World): Promise<KubeObject> {
  for (const name of ["kube-system", "kube-public"])
    await world.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  return world.create({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "cluster-info", namespace: "kube-public" },
    data: { kubeconfig: "config", other: "kept" },
  });
}

function data(world: World): { readonly [key: string]: string } {
  return world.in("kube-public", "", "configmaps", "cluster-info")?.["data"] as { readonly [key: string]: string };
}

test("the cluster's information is signed by tokens that are for that", () =>
  withWorld(controllers, async (world) => {
    const map = await prepare(world);
    await world.create(token("abcdef"));
    await world.create(token("noway1", { "usage-bootstrap-signing": "false" }));
    await world.create(token("over12", { expiration: "2025-01-01T00:00:00Z" }));
    await world.settle();
    assert.deepEqual(Object.keys(data(world)).sort(), ["jws-kubeconfig-abcdef", "kubeconfig", "other"]);
    const [header = "", payload, signature = ""] = (data(world)["jws-kubeconfig-abcdef"] ?? "").split(".");
    assert.equal(payload, "");
    const jws = { protected: header, payload: base64url.encode("config"), signature };
    const { protectedHeader } = await flattenedVerify(jws, Buffer.from("abcdef0123456789"));
    assert.deepEqual(protectedHeader, { alg: "HS256", kid: "abcdef" });
    const before = data(world)["jws-kubeconfig-abcdef"];
    await world.update(map, (fresh) => ({ ...fresh, data: { ...(fresh["data"] as object), kubeconfig: "another" } }));
    assert.notEqual(data(world)["jws-kubeconfig-abcdef"], before);
    await world.delete(world.in("kube-system", "", "secrets", "bootstrap-token-abcdef") as KubeObject);
    assert.deepEqual(Object.keys(data(world)).sort(), ["kubeconfig", "other"]);
  }));

test("tokens that are over go, and nothing else", () =>
  withWorld(controllers, async (world) => {
    await prepare(world);
    await world.create(token("ending", { expiration: "2026-01-01T01:00:00Z" }));
    await world.create(token("lasts1"));
    await world.create({ ...token("secret", { expiration: "2025-01-01T00:00:00Z" }), type: "Opaque" });
    await world.settle();
    const names = () =>
      ["ending", "lasts1", "secret"].filter((id) => world.in("kube-system", "", "secrets", `bootstrap-token-${id}`));
    await world.turn(3_599_000);
    assert.deepEqual(names(), ["ending", "lasts1", "secret"]);
    await world.turn(1_000);
    assert.deepEqual(names(), ["lasts1", "secret"]);
  }));
