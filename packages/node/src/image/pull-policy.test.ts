import assert from "node:assert/strict";
import { test } from "node:test";
import { base64 } from "../volumes/volumes.fixture.ts";
import { type Image, ImageFault, type ImageStore, type RegistryCredential } from "./image.ts";
import { goDuration, ImagePuller } from "./pull-policy.ts";
import { credentialsOfSecrets } from "./pull-secrets.ts";

const image: Image = { id: "sha256:1", config: {}, rootfs: "/r", sizeBytes: 4711 };
const credential: RegistryCredential = { registry: "r", username: "u", password: "p" };

function setting(
  has: { isHere?: boolean; isFor?: (credentials: readonly RegistryCredential[]) => boolean; takes?: number } = {},
) {
  let [time, pulls] = [0, 0];
  let fault: Error | undefined;
  const images: ImageStore = {
    find: async () => (has.isHere ? image : undefined),
    mayUse: async (_, credentials) => has.isFor?.(credentials) ?? true,
    list: async () => [],
    remove: async () => false,
    pull: async () => {
      pulls++;
      time += has.takes ?? 0;
      if (fault !== undefined) throw fault;
      return image;
    },
  };
  const puller = new ImagePuller(images, () => time);
  const ask = async (policy: string, name = "x", podUid = "u", credentials: readonly RegistryCredential[] = []) => {
    const told: string[] = [];
    const tell = (...event: readonly string[]) => void told.push(event.join(" "));
    const signal = new AbortController().signal;
    const end = await puller
      .ensure({ podUid, image: name, policy, credentials: async () => credentials, signal, tell })
      .then(
        () => "here",
        (error: ImageFault) => (error instanceof ImageFault ? `${error.reason} | ${error.message}` : `thrown ${error}`),
      );
    return { end, told };
  };
  return {
    ask,
    pulls: () => pulls,
    wait: (ms: number) => {
      time += ms;
    },
    break: (why: Error | undefined) => {
      fault = why;
    },
  };
}

const present = 'Normal Pulled Container image "x" already present on machine and can be accessed by the pod';
const pulled = [
  'Normal Pulling Pulling image "x"',
  'Normal Pulled Successfully pulled image "x" in 1.234s (1.234s including waiting). Image size: 4711 bytes.',
];
const never = 'Container image "x" is not present with pull policy of Never';

for (const [policy, isHere, end, told] of [
  ["IfNotPresent", true, "here", [present]],
  ["IfNotPresent", false, "here", pulled],
  ["Always", true, "here", pulled],
  ["Never", true, "here", [present]],
  [
    "Never",
    false,
    `ErrImageNeverPull | ${never}`,
    [`Warning ErrImageNeverPull ${never}`, "Warning Failed Error: ErrImageNeverPull"],
  ],
] as const)
  test(`${policy}, and the image is ${isHere ? "" : "not "}here`, async () => {
    const { ask } = setting({ isHere, takes: 1234 });
    assert.deepEqual(await ask(policy), { end, told });
  });

test("an image that is here for others is asked for anew, and with Never is not there", async () => {
  const { ask, pulls } = setting({
    isHere: true,
    isFor: (credentials) => credentials.includes(credential),
    takes: 1234,
  });
  assert.deepEqual((await ask("IfNotPresent", "x", "u", [credential])).told, [present]);
  assert.equal(pulls(), 0);
  assert.deepEqual(await ask("IfNotPresent"), { end: "here", told: pulled });
  assert.equal((await ask("Never")).end, `ErrImageNeverPull | ${never}`);
});

test("a registry that refuses is asked again after ten seconds, twenty, and at last five minutes", async () => {
  const { ask, wait, pulls, break: refuse } = setting();
  refuse(new ImageFault("ErrImagePull", "no"));
  const failed = [
    'Normal Pulling Pulling image "x"',
    'Warning Failed Failed to pull image "x": no',
    "Warning Failed Error: ErrImagePull",
  ];
  assert.deepEqual(await ask("Always"), { end: "ErrImagePull | no", told: failed });
  assert.deepEqual(await ask("Always"), {
    end: 'ImagePullBackOff | Back-off pulling image "x": ErrImagePull: no',
    told: ['Normal BackOff Back-off pulling image "x"', "Warning Failed Error: ImagePullBackOff"],
  });
  // Another pod, and another image, are not made to wait.
  assert.equal((await ask("Always", "x", "other")).end, "ErrImagePull | no");
  assert.equal((await ask("Always", "y")).end, "ErrImagePull | no");
  for (const seconds of [10, 20, 40, 80, 160, 300, 300]) {
    wait(seconds * 1000 - 1);
    assert.match((await ask("Always")).end, /^ImagePullBackOff/, `${seconds}`);
    wait(1);
    assert.equal((await ask("Always")).end, "ErrImagePull | no", `${seconds}`);
  }
  const before = pulls();
  wait(601_000);
  await ask("Always", "z");
  await ask("Always");
  wait(10_000);
  refuse(undefined);
  assert.equal((await ask("Always")).end, "here");
  assert.equal(pulls(), before + 3);
});

test("a name that is none, and a pull that is given up", async () => {
  const { ask, break: refuse } = setting();
  const message = `Failed to apply default image tag "App": couldn't parse image name "App": invalid reference format: repository name (App) must be lowercase`;
  assert.deepEqual(await ask("Always", "App"), {
    end: `InvalidImageName | ${message}`,
    told: [`Warning InspectFailed ${message}`, "Warning Failed Error: InvalidImageName"],
  });
  refuse(new Error("gone"));
  assert.deepEqual(await ask("Always"), { end: "thrown Error: gone", told: ['Normal Pulling Pulling image "x"'] });
  refuse(undefined);
  assert.equal((await ask("Always")).end, "here");
});

for (const [ms, text] of [
  [0, "0s"],
  [523.9, "523ms"],
  [1000, "1s"],
  [1200, "1.2s"],
  [62_500, "1m2.5s"],
  [3_600_000, "1h0m0s"],
] as const)
  test(`${ms} ms are ${text}`, () => assert.equal(goDuration(ms), text));

test("Secrets of both kinds know registries; what is none is left out", () => {
  const json = (content: object) => base64(JSON.stringify(content));
  const secrets = [
    {
      data: {
        ".dockerconfigjson": json({
          auths: { "ghcr.io": { auth: base64("me:p:w") }, r: { username: "u", password: "p" } },
        }),
      },
    },
    {
      data: {
        ".dockercfg": json({ "https://index.docker.io/v1/": { username: "d", password: "e", auth: base64("f:g") } }),
      },
    },
    { data: { ".dockerconfigjson": json({ auths: { a: { auth: base64("nocolon") }, b: {}, c: null } }) } },
    { data: { ".dockerconfigjson": base64("{") } },
    {},
  ];
  assert.deepEqual(credentialsOfSecrets(secrets), [
    { registry: "ghcr.io", username: "me", password: "p:w" },
    { registry: "r", username: "u", password: "p" },
    { registry: "https://index.docker.io/v1/", username: "f", password: "g" },
  ]);
});
