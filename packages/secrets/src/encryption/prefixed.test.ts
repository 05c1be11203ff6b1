import assert from "node:assert/strict";
import { test } from "node:test";
import { aesgcm } from "./aesgcm.ts";
import { identity } from "./identity.ts";
import { prefixed } from "./prefixed.ts";
import { type Opened, type PrefixTransformer, TransformError, type Transformer } from "./transformer.ts";

const here = "/registry/secrets/a/b";
const secret = (byte: number) => new Uint8Array(32).fill(byte);

/** The same, but not at once. */
function later({ seal, open }: Transformer): Transformer {
  return { seal: async (value, key) => seal(value, key), open: async (stored, key) => open(stored, key) };
}

const local = (name: string, byte: number): PrefixTransformer => ({
  prefix: `k8s:enc:gcm:${name}:`,
  transformer: aesgcm(secret(byte)),
});
const remote = (name: string, byte: number): PrefixTransformer => ({
  prefix: `k8s:enc:gcm:${name}:`,
  transformer: later(aesgcm(secret(byte))),
});
const plain: PrefixTransformer = { prefix: "", transformer: identity };

async function openedBy(
  list: readonly [PrefixTransformer, ...PrefixTransformer[]],
  stored: Uint8Array,
): Promise<Opened> {
  return prefixed(list, "no matching prefix found").open(stored, here);
}

const sealedBy = (each: PrefixTransformer) => prefixed([each], "").seal(Buffer.from("v"), here);

for (const [name, writer, readers, isStale] of [
  ["the first", local("a", 1), [local("a", 1), plain], false],
  ["a later one", local("b", 2), [local("a", 1), local("b", 2)], true],
  ["one of the same name behind one that cannot", local("a", 2), [local("a", 1), local("a", 2)], true],
  ["one of the same name, both of which answer later", local("a", 2), [remote("a", 1), remote("a", 2)], true],
  ["one behind identity", local("a", 1), [plain, local("a", 1)], true],
  ["identity, behind one that has another prefix", plain, [local("a", 1), plain], true],
] as const)
  test(`prefixed: a value is opened by ${name}`, async () => {
    const opened = await openedBy(readers, await sealedBy(writer));
    assert.deepEqual([Buffer.from(opened.value).toString(), opened.isStale], ["v", isStale]);
  });

for (const [name, stored, readers, words] of [
  ["that nobody wrote", "k8s:enc:gcm:x:abc", [local("a", 1)], "no matching prefix found"],
  ["that is encrypted, where plaintext alone is known", "k8s:enc:x", [plain], "no matching prefix found"],
  [
    "that is too short for one, and no faults twice",
    "k8s:enc:gcm:a:",
    [local("a", 1), local("a", 2)],
    "the stored data was shorter than the required size",
  ],
  [
    "of which each has another fault",
    "k8s:enc:gcm:a:",
    [local("a", 1), { prefix: "k8s:enc:gcm:", transformer: later({ ...identity, open: () => fail("gone") }) }],
    "[the stored data was shorter than the required size, gone]",
  ],
] as const)
  test(`prefixed: a value ${name} is refused`, async () => {
    await assert.rejects(async () => openedBy(readers, Buffer.from(stored)), new TransformError(words));
  });

function fail(words: string): never {
  throw new TransformError(words);
}

test("prefixed: our own faults are not taken for a value's", async () => {
  const broken = {
    prefix: "",
    transformer: {
      ...identity,
      open: () => {
        throw new RangeError("ours");
      },
    },
  };
  await assert.rejects(async () => openedBy([broken, plain], Buffer.from("{}")), RangeError);
});
