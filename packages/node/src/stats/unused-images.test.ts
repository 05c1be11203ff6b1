import assert from "node:assert/strict";
import { test } from "node:test";
import { type Image, ImageFault } from "../image/image.ts";
import { podOf } from "../kubelet/pod-world.fixture.ts";
import { removeUnusedImages } from "./unused-images.ts";

/** What lies here: each image with its names; `!` for one that came by no registry. */
async function removed(here: readonly string[], pods: readonly object[], isBusy = (_name: string) => false) {
  const list = here.map((line) => {
    const [id = "", ...names] = line.replace("!", "").split(" ");
    const image: Image = { id, config: {}, rootfs: "/", sizeBytes: 1 };
    return line.includes("!") ? { ...image, names } : { ...image, names, repoDigest: `r/${id}@sha256:1` };
  });
  const gone: string[] = [];
  await removeUnusedImages(
    {
      list: async () => list,
      find: async (name) => {
        if (name === "BAD") throw new ImageFault("InvalidImageName", "bad");
        return list.find(({ names }) => names.includes(name));
      },
      remove: async (name) => {
        if (isBusy(name)) throw new ImageFault("ImageInUse", "busy");
        gone.push(name);
        return true;
      },
    },
    pods.map((spec) => podOf(spec)),
  );
  return gone;
}

test("images go that no pod names by any of their names", async () => {
  const here = ["a web web:1", "b old old:2", "c init", "d volume", "e"];
  const pod = {
    containers: [{ name: "c", image: "web:1" }],
    initContainers: [{ name: "i", image: "init" }],
    volumes: [{ name: "v", image: { reference: "volume" } }],
  };
  assert.deepEqual(await removed(here, [pod]), ["old", "old:2", "r/e@sha256:1"]);
});

test("an image that came by no registry stays, as does one on which a container still runs", async () => {
  const pod = { containers: [{ name: "c", image: "BAD" }] };
  assert.deepEqual(await removed(["a! mine", "b busy", "c old"], [pod], (name) => name === "busy"), ["old"]);
});
