import assert from "node:assert/strict";
import { test } from "node:test";
import { podOf } from "./injection.fixture.ts";
import { defaultInjectionPolicy, injectionChoice, injectionRequired } from "./injection-required.ts";

const asked = "sidecar.istio.io/inject";
const enabled = { policy: "enabled" } as const;
const disabled = { policy: "disabled" } as const;
const never = { neverInjectSelector: [{ matchLabels: { job: "backup" } }] };
const always = { alwaysInjectSelector: [{ matchExpressions: [{ key: "job", operator: "Exists" }] }] };

test("what a webhook decides of a pod", () => {
  const cases: readonly (readonly [
    note: string,
    metadata: Parameters<typeof podOf>[0],
    policy: Partial<typeof defaultInjectionPolicy>,
    inject: boolean,
    why: RegExp,
  ])[] = [
    ["says nothing, enabled", {}, enabled, true, /enabled/],
    ["says nothing, disabled", {}, disabled, false, /disabled/],
    ["annotation yes", { annotations: { [asked]: "Yes" } }, disabled, true, /annotation .* is Yes/],
    ["annotation false", { annotations: { [asked]: "false" } }, enabled, false, /annotation/],
    ["annotation that is no boolean", { annotations: { [asked]: "1" } }, enabled, false, /is 1/],
    [
      "label over annotation",
      { labels: { [asked]: "false" }, annotations: { [asked]: "true" } },
      enabled,
      false,
      /label/,
    ],
    [
      "empty label over annotation",
      { labels: { [asked]: "" }, annotations: { [asked]: "true" } },
      disabled,
      false,
      /disabled/,
    ],
    ["never", { labels: { job: "backup" } }, { ...enabled, ...never }, false, /neverInject/],
    ["never before always", { labels: { job: "backup" } }, { ...disabled, ...never, ...always }, false, /neverInject/],
    ["always", { labels: { job: "report" } }, { ...disabled, ...never, ...always }, true, /alwaysInject/],
    ["label before never", { labels: { job: "backup", [asked]: "on" } }, { ...enabled, ...never }, true, /label/],
    ["empty selector", {}, { ...enabled, neverInjectSelector: [{}] }, true, /enabled/],
    [
      "unknown operator",
      { labels: { job: "x" } },
      { ...enabled, neverInjectSelector: [{ matchExpressions: [{ key: "job", operator: "Like", values: ["x"] }] }] },
      true,
      /enabled/,
    ],
  ];
  for (const [note, metadata, policy, inject, why] of cases) {
    const choice = injectionRequired(podOf(metadata), "shop", { ...defaultInjectionPolicy, ...policy });
    assert.equal(choice.inject, inject, note);
    assert.match(choice.why, why, note);
  }
});

test("what no label changes", () => {
  const labels = { [asked]: "true" };
  assert.equal(injectionRequired(podOf({ labels }, { hostNetwork: true }), "shop").inject, false);
  assert.equal(injectionRequired(podOf({ labels }), "kube-system").inject, false);
});

test("whether the webhook is asked at all", () => {
  const revision = "istio.io/rev";
  const cases: readonly (readonly [
    note: string,
    namespace: { readonly [name: string]: string },
    pod: { readonly [name: string]: string },
    inject: boolean,
    options?: { readonly revision?: string; readonly enableNamespacesByDefault?: boolean },
  ])[] = [
    ["nobody says anything", {}, {}, false],
    ["by default", {}, {}, true, { enableNamespacesByDefault: true }],
    ["the namespace", { "istio-injection": "enabled" }, {}, true],
    ["the namespace, but not this pod", { "istio-injection": "enabled" }, { [asked]: "false" }, false],
    ["the pod alone", {}, { [asked]: "true" }, true],
    ["the pod alone, not with true", {}, { [asked]: "yes" }, false],
    [
      "a namespace that says no is not asked about its pods",
      { "istio-injection": "disabled" },
      { [asked]: "true" },
      false,
    ],
    ["the namespace's revision", { [revision]: "default" }, {}, true],
    ["another revision", { [revision]: "canary" }, { [asked]: "true" }, false],
    ["that revision", { [revision]: "canary" }, {}, true, { revision: "canary" }],
    ["the old label before the revision", { "istio-injection": "enabled", [revision]: "canary" }, {}, true],
    ["the old label is not for a revision", { "istio-injection": "enabled" }, {}, false, { revision: "canary" }],
    ["the pod's revision", {}, { [revision]: "canary" }, true, { revision: "canary" }],
    [
      "the pod's revision in a namespace of another",
      { [revision]: "other" },
      { [revision]: "canary" },
      false,
      { revision: "canary" },
    ],
  ];
  for (const [note, labels, ofPod, inject, options] of cases) {
    const choice = injectionChoice(
      podOf({ labels: ofPod }),
      { name: "shop", labels },
      { revision: "default", ...options },
    );
    assert.equal(choice.inject, inject, `${note}: ${choice.why}`);
    assert.notEqual(choice.why, "", note);
  }
});

test("an annotation says no, but does not ask", () => {
  const annotations = { [asked]: "true" };
  const nowhere = injectionChoice(podOf({ annotations }), { name: "shop", labels: {} }, { revision: "default" });
  assert.deepEqual(nowhere, {
    inject: false,
    why: "neither the namespace shop has the label istio-injection=enabled, nor the pod sidecar.istio.io/inject=true",
  });
});
