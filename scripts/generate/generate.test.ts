import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { test } from "node:test";
import { capabilitiesText } from "./capabilities.ts";
import { catalogueText, schemasText } from "./kube.ts";
import { openApiValuesText } from "./openapi-values.ts";
import { seccompModule, seccompText } from "./seccomp.ts";

const openApi = process.env["SALLYPORT_OPENAPI"] || "SALLYPORT_OPENAPI";
const openApiGo = process.env["SALLYPORT_OPENAPI_GO"] || "SALLYPORT_OPENAPI_GO";
const capabilities = `${process.env["SALLYPORT_CONFORMANCE"] || "../shared/conformance"}/opa-capabilities`;

const seccomp = `${process.env["GOMODCACHE"] || `${homedir()}/go/pkg/mod`}/${seccompModule}/default.json`;

function absent(file: string): string | false {
  return existsSync(file) ? false : `no ${file}`;
}

test("checked-in Kubernetes tables are current", { skip: absent(openApi) }, () => {
  const api = JSON.parse(readFileSync(openApi, "utf8"));
  assert.ok(
    catalogueText(api) === readFileSync("packages/kube/src/data/resources.generated.json", "utf8"),
    "resources: npm run generate -- kube",
  );
  assert.ok(
    schemasText(api) === readFileSync("packages/kube/src/data/schemas.generated.json", "utf8"),
    "schemas: npm run generate -- kube",
  );
});

test("checked-in values of OpenAPI are current", { skip: absent(openApiGo) }, () => {
  assert.ok(
    openApiValuesText(readFileSync(openApiGo, "utf8")) ===
      readFileSync("packages/kube/src/data/openapi-values.generated.json", "utf8"),
    "npm run generate -- openapi-values",
  );
});

test("checked-in builtin signatures are current", { skip: absent(capabilities) }, () => {
  const read = (name: string) => readFileSync(`${capabilities}/${name}`, "utf8");
  const text = capabilitiesText(read("capabilities.json"), read("builtin_metadata.json"));
  assert.ok(
    text === readFileSync("packages/rego/src/builtins/capabilities.generated.json", "utf8"),
    "npm run generate -- capabilities",
  );
});

test("the checked-in seccomp profile is current", { skip: absent(seccomp) }, () => {
  const text = seccompText(JSON.parse(readFileSync(seccomp, "utf8")));
  assert.ok(
    text === readFileSync("packages/node/src/bundle/seccomp.generated.json", "utf8"),
    "npm run generate -- seccomp",
  );
});
