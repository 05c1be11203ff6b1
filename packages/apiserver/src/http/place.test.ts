import assert from "node:assert/strict";
import { test } from "node:test";
import { type Call, withServer } from "../server.fixture.ts";

/** A path, or a method before it; the code and, of a Status, its message. Recorded from kube-apiserver 1.37. */
const cases: readonly (readonly [asked: string, answer: string])[] = [
  ["//api", "404 page not found"],
  ["//healthz", "404 page not found"],
  ["/api//v1", "404 the server could not find the requested resource"],
  ["/apis//apps", "404 page not found"],
  ["/apis/apps//v1", "404 the server could not find the requested resource"],
  ["/version//", "200"],
  ["/api/../api/v1", "404 the server could not find the requested resource"],
  ["/api/v1//pods", "404 the server could not find the requested resource"],
  ["/api/v1/namespaces//pods", "200"],
  ["/api/v1/namespaces//pods/x", "400 Namespace parameter required."],
  ["/api/v1/namespaces/default/pods//", "200"],
  ["/api/v1/namespaces/default/pods/x//log", "404 the server could not find the requested resource"],
  ["/api/v1/namespaces/default/configmaps/..", "400 Name parameter invalid: \"..\": may not be '..'"],
  ["DELETE /api/v1/namespaces/default/configmaps/a%25b", "400 Name parameter invalid: \"a%b\": may not contain '%'"],
  ["/api/v1/namespaces/default/configmaps/a%2fb", "404 the server could not find the requested resource"],
  ["/api/v1/namespaces/default%2fconfigmaps/a", '404 configmaps "a" not found'],
  ["/api/v1/namespaces/default/bindings/x", "404 the server could not find the requested resource"],
  ["/api/v1/namespaces/default/bindings", "405 the server does not allow this method on the requested resource"],
  ["/api/v1/bindings", "404 the server could not find the requested resource"],
  [
    "POST /apis/authorization.k8s.io/v1/localsubjectaccessreviews",
    "404 the server could not find the requested resource",
  ],
  ["PUT /apis/authentication.k8s.io/v1/tokenreviews/x", "404 the server could not find the requested resource"],
];

test("paths lead where kube-apiserver's lead", () =>
  withServer(async ({ call }) => {
    for (const [asked, answer] of cases) {
      const [path = "", method = "GET"] = asked.split(" ").reverse();
      const { code, body } = await call(path, { method } satisfies Call);
      const told = typeof body === "string" ? body.trim().replace(/^\d+ /, "") : (body?.message ?? "");
      assert.equal(`${code} ${code === 200 ? "" : told}`.trim(), answer, asked);
    }
  }));
