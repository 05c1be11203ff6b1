import { deepEqual, match } from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { celEngine } from "../engines/cel.ts";
import { regoEngine } from "../engines/rego.ts";
import { GatekeeperPolicies } from "./policies.ts";

const template = (kind: string, code: object): KubeObject => ({
  apiVersion: "templates.gatekeeper.sh/v1",
  kind: "ConstraintTemplate",
  metadata: { name: kind.toLowerCase() },
  spec: { crd: { spec: { names: { kind } } }, targets: [{ target: "admission.k8s.gatekeeper.sh", code: [code] }] },
});
const rego = (text: string) => ({ engine: "Rego", source: { version: "v1", rego: text } });
const cel = { engine: "K8sNativeValidation", source: { validations: [{ expression: "true", message: "no" }] } };

const assign = (name: string, location: string): KubeObject => ({
  apiVersion: "mutations.gatekeeper.sh/v1",
  kind: "Assign",
  metadata: { name },
  spec: {
    applyTo: [{ groups: [""], versions: ["v1"], kinds: ["ConfigMap"] }],
    location,
    parameters: { assign: { value: "x" } },
  },
});

const configMap = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
});

const config: KubeObject = {
  apiVersion: "config.gatekeeper.sh/v1alpha1",
  kind: "Config",
  metadata: { name: "config", namespace: "gatekeeper-system" },
  spec: {
    sync: {
      syncOnly: [
        { group: "", version: "v1", kind: "ConfigMap" },
        { group: "", version: "v1", kind: "Pod" },
      ],
    },
  },
};

function policiesOf(objects: readonly KubeObject[]): GatekeeperPolicies {
  const policies = new GatekeeperPolicies({
    engines: [celEngine(), regoEngine()],
    stored: () => [],
    now: () => 5000,
  });
  for (const object of objects) {
    const { name = "", namespace = "" } = object.metadata;
    const [group = ""] = object.apiVersion.includes("/") ? object.apiVersion.split("/") : [];
    policies.apply({ resource: { group, resource: `${object.kind.toLowerCase()}s` }, namespace, name, object });
  }
  return policies;
}

/** What stands there, without what takes time. */
function lines(policies: GatekeeperPolicies): readonly string[] {
  const text = policies.renderMetrics().split("\n");
  return text.filter((line) => line !== "" && !/^#|_bucket|_seconds_sum/.test(line));
}

test("templates and mutators are counted as they come, with how long it took", () => {
  const policies = policiesOf([
    template("Good", rego('package a\n\nviolation contains {"msg": "no"} if false\n')),
    template("Bad", rego("package a\n\nviolation contains")),
    template("InCel", cel),
    assign("one", "spec.a.c"),
    assign("two", "spec.a[name: x].b"),
    assign("three", "spec.c"),
  ]);
  deepEqual(
    lines(policies).filter((line) => /ingestion|conflicting|cel/.test(line)),
    [
      'gatekeeper_constraint_template_ingestion_count_total{status="active"} 2',
      'gatekeeper_constraint_template_ingestion_count_total{status="error"} 1',
      'gatekeeper_constraint_template_ingestion_duration_seconds_count{status="active"} 2',
      'gatekeeper_constraint_template_ingestion_duration_seconds_count{status="error"} 1',
      'gatekeeper_mutator_ingestion_count_total{status="active"} 2',
      'gatekeeper_mutator_ingestion_count_total{status="error"} 1',
      'gatekeeper_mutator_ingestion_duration_seconds_count{status="active"} 2',
      'gatekeeper_mutator_ingestion_duration_seconds_count{status="error"} 1',
      "gatekeeper_mutator_conflicting_count 2",
      "gatekeeper_constraint_templates_with_cel 1",
    ],
  );
});

test("what is replicated is counted by kind, with the time of the last change", () => {
  const policies = policiesOf([config, configMap("a"), configMap("b")]);
  deepEqual(
    lines(policies).filter((line) => /sync|watch/.test(line)),
    [
      'gatekeeper_sync{kind="ConfigMap",status="active"} 2',
      "gatekeeper_sync_duration_seconds_count 2",
      "gatekeeper_sync_last_run_time 5",
      "gatekeeper_watch_manager_watched_gvk 1",
      "gatekeeper_watch_manager_intended_watch_gvk 2",
    ],
  );
});

test("rounds of mutators are told, until nothing changes", () => {
  const policies = policiesOf([assign("one", "spec.a")]);
  const review = { namespace: undefined, source: "Original", operation: "CREATE", username: "a" } as const;
  policies.mutators.mutate({ object: configMap("a"), ...review });
  const text = policies.renderMetrics();
  match(text, /^gatekeeper_mutation_system_iterations_sum\{success="true"\} 2$/m);
  match(text, /^gatekeeper_mutation_system_iterations_count\{success="true"\} 1$/m);
});
