import assert from "node:assert/strict";
import { test } from "node:test";
import { uncompiled } from "../expressions.ts";
import { testRefusals } from "../refusals.fixture.ts";
import { apiService } from "./api-service.ts";

const named = (fields: string) =>
  `metadata: {name: v1.example.com}, spec: {group: example.com, version: v1, ${fields}}`;
const good = named("groupPriorityMinimum: 1, versionPriority: 1");

testRefusals("apiregistration.k8s.io/v1", {
  APIService: [
    [good, good],
    [
      good,
      good.replace("name: v1.example.com", "generateName: v1."),
      "metadata.name: Required value: name or generateName is required",
      'metadata.generateName: Invalid value: "v1.": must be `spec.version+"."+spec.group`: "v1.example.com"',
    ],
    [
      good,
      named("groupPriorityMinimum: 20001"),
      "spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000",
      "spec.versionPriority: Invalid value: 0: must be positive and less than 1000",
    ],
    [
      good,
      named("groupPriorityMinimum: 1, versionPriority: 1, insecureSkipTLSVerify: true, caBundle: YQ=="),
      'spec.caBundle: Invalid value: "1 bytes": local APIServices may not have a caBundle',
      "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify",
    ],
    [
      good,
      named("groupPriorityMinimum: 1, versionPriority: 1, service: {name: a, port: 70000}"),
      "spec.service.namespace: Required value",
      "spec.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive",
    ],
  ],
});

test("The conditions of an APIService hold or not, or nobody knows", () => {
  const faults = apiService.validateStatus?.(
    {
      status: {
        conditions: [
          { type: "A", status: "True" },
          { type: "B", status: "Maybe" },
        ],
      },
    } as never,
    {} as never,
    uncompiled,
  );
  assert.deepEqual(
    faults?.map(({ field, message }) => `${field}: ${message}`),
    ['status.conditions[1].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"'],
  );
});
