import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "../server.fixture.ts";

const metadata = { name: "r", deletionGracePeriodSeconds: 10 };

test("a review of a token that is nobody's keeps what was sent of its status, and nothing that only the server says", () =>
  withServer(async ({ call }) => {
    const status = { authenticated: true, user: { username: "u" }, audiences: ["a"] };
    const body = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata,
      spec: { token: "t" },
      status,
    };
    const { code, body: answer } = await call("/apis/authentication.k8s.io/v1/tokenreviews", { body });
    assert.equal(code, 201);
    assert.deepEqual(answer.status, { user: { username: "u" }, audiences: ["a"], error: answer.status.error });
    assert.equal(answer.metadata.deletionGracePeriodSeconds, undefined);
  }));

test("selectors of a review are looked at also where it asks for two things", () =>
  withServer(async ({ call }) => {
    const selector = { rawSelector: "a", requirements: [{ key: "a", operator: "Exists" }] };
    const spec = { user: "u", nonResourceAttributes: { path: "/" }, resourceAttributes: { fieldSelector: selector } };
    const body = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
    const { body: answer } = await call("/apis/authorization.k8s.io/v1/subjectaccessreviews", { body });
    assert.match(
      answer.message,
      /exactly one of .*spec\.resourceAttributes\.fieldSelector\.rawSelector: Invalid value: "a"/,
    );
  }));

test("of an object that is there already and has a base for its name another try is proposed", () =>
  withServer(async ({ call }) => {
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", generateName: "c-" } };
    await call("/api/v1/namespaces/default/configmaps", { body });
    const { code, body: answer, headers } = await call("/api/v1/namespaces/default/configmaps", { body });
    assert.deepEqual([code, answer.details.retryAfterSeconds, headers["retry-after"]], [409, 1, "1"]);
    assert.equal(
      answer.message,
      'configmaps "c" already exists, the server was not able to generate a unique name for the object',
    );
  }));
