import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { Mutators, readMutator } from "../mutation/mutators.ts";
import { failed, noProvider, type ProviderAnswer } from "./exchange.ts";
import { ExternalData } from "./external-data.ts";

const image = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web" },
  spec: {
    containers: [
      { name: "a", image: "nginx" },
      { name: "b", image: "redis" },
    ],
  },
};

function assign(externalData: object, location = "spec.containers[name: *].image"): KubeObject {
  return {
    apiVersion: "mutations.gatekeeper.sh/v1",
    kind: "Assign",
    metadata: { name: "digest" },
    spec: {
      applyTo: [{ groups: [""], versions: ["v1"], kinds: ["Pod"] }],
      location,
      parameters: { assign: { externalData: { provider: "p", ...externalData } } },
    },
  };
}

function owner(externalData: object): KubeObject {
  return {
    apiVersion: "mutations.gatekeeper.sh/v1",
    kind: "AssignMetadata",
    metadata: { name: "owner" },
    spec: {
      location: "metadata.labels.owner",
      parameters: { assign: { externalData: { provider: "p", ...externalData } } },
    },
  };
}

const answered = (keys: readonly string[], more: Partial<ProviderAnswer> = {}): ProviderAnswer => ({
  items: keys.map((key) => ({ key, value: `${key}@sha`, error: "" })),
  statusCode: 200,
  systemError: "",
  idempotent: true,
  ...more,
});

/** A pod after one mutator, whose Provider answers so; what the Provider was asked. */
async function mutated(
  mutator: KubeObject,
  answer = (keys: readonly string[]) => answered(keys),
  object: KubeObject = image,
) {
  const asked: (readonly string[])[] = [];
  const data = new ExternalData({
    ttl: 0,
    now: () => 0,
    send: async (_, keys) => {
      asked.push(keys);
      return answer(keys);
    },
  });
  data.put({ name: "p", url: "https://p/", timeoutSeconds: 1, authority: "" });
  const mutators = new Mutators(data);
  mutators.put(readMutator(mutator));
  const mutable = { object, namespace: undefined, source: "Original", operation: "CREATE", username: "ann" } as const;
  const found = await data.resolve(() => mutators.mutate(mutable));
  return { asked, found };
}

const images = ({ found }: { readonly found: KubeObject }) =>
  (found as typeof image).spec.containers.map((each) => each.image);

test("values at a location are asked at once, and replaced", async () => {
  const answer = await mutated(assign({}));
  assert.deepEqual(images(answer), ["nginx@sha", "redis@sha"]);
  assert.deepEqual(answer.asked, [["nginx", "redis"]]);
});

test("who sends an object, as a label", async () => {
  const { found } = await mutated(owner({ dataSource: "Username" }));
  assert.deepEqual(found.metadata.labels, { owner: "ann@sha" });
});

const failures: ReadonlyArray<[what: string, answer: (keys: readonly string[]) => ProviderAnswer, fault: string]> = [
  ["no answer", () => failed(500, "refused"), "failed to send external data request to provider p: refused"],
  [
    "a system error",
    (keys) => answered(keys, { systemError: "down" }),
    "failed to validate external data response from provider p: non-empty system error: down",
  ],
  [
    "an answer that may change",
    (keys) => answered(keys, { idempotent: false }),
    "failed to validate external data response from provider p: non-idempotent response",
  ],
  ["a key without an answer", () => answered([]), "failed to find external data item in response for provider p"],
  [
    "an error of a key",
    (keys) => answered(keys, { items: keys.map((key) => ({ key, value: null, error: "unsigned" })) }),
    "failed to retrieve external data item from provider p: unsigned",
  ],
  [
    "a value that is no text",
    (keys) => answered(keys, { items: keys.map((key) => ({ key, value: true, error: "" })) }),
    "failed to convert external data item value from provider p to string, got type bool",
  ],
  ["no such provider", () => noProvider, "failed to find external data provider p in responses"],
];

for (const [what, answer, fault] of failures)
  test(`${what}: refused, or as the failure policy says`, async () => {
    await assert.rejects(mutated(assign({}), answer), {
      message: `failed to resolve external data placeholders: [${fault}, ${fault}]`,
    });
    assert.deepEqual(images(await mutated(assign({ failurePolicy: "Ignore" }), answer)), ["nginx", "redis"]);
    const useDefault = { failurePolicy: "UseDefault", default: "none" };
    assert.deepEqual(images(await mutated(assign(useDefault), answer)), ["none", "none"]);
  });

test("a value that is no text cannot be asked", async () => {
  const object = { ...image, spec: { replicas: 1 } } as unknown as KubeObject;
  await assert.rejects(mutated(assign({}, "spec.replicas"), undefined, object), /is not a string, got 1 \(int64\)/);
});

const unreadable: ReadonlyArray<[mutator: KubeObject, fault: RegExp]> = [
  [
    assign({ failurePolicy: "UseDefault" }),
    /^`default` must not be empty when `failurePolicy` is set to `UseDefault`$/,
  ],
  [assign({}, "spec.containers[name: a]"), /^cannot assign external data response to a list$/],
  [owner({}), /^only username data source is supported for assignmetadata owner$/],
];

for (const [mutator, fault] of unreadable)
  test(`a mutator is refused: ${fault.source}`, () => {
    assert.throws(() => readMutator(mutator), { message: fault });
  });

test("without anybody who asks, a mutator fails", () => {
  const mutators = new Mutators();
  mutators.put(readMutator(assign({ failurePolicy: "Ignore" })));
  const mutable = { object: image, namespace: undefined, source: "Original", operation: "", username: "" } as const;
  assert.throws(() => mutators.mutate(mutable), /client certificate watcher is not initialized$/);
});
