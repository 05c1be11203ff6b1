import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createCa, createLeaf } from "@sallyport/pki";
import { Command } from "commander";
import { addKubeletOptions, type KubeletFlags, kubeletOptions } from "./kubelet-flags.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-kubelet-flags-"));
after(() => rmSync(folder, { recursive: true }));
const life = { now: Date.now(), days: 1 };
const ca = await createCa("CN=kubelets", life);
const client = await createLeaf(ca, "CN=kube-apiserver-kubelet-client", life);
const files = { "ca.crt": ca.certificate, "c.crt": client.certificate, "c.key": client.key, "ca.key": ca.key };
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

/** Flags with `@` for the folder. */
function parsed(...args: readonly string[]) {
  const command = addKubeletOptions(new Command());
  command.parse(
    args.map((each) => each.replace("@", `${folder}/`)),
    { from: "user" },
  );
  return kubeletOptions(command.opts<KubeletFlags>());
}

const certificate = "--kubelet-client-certificate=@c.crt";

test("how kubelets are reached", () => {
  assert.deepEqual(parsed(), {});
  const types = "--kubelet-preferred-address-types=InternalIP,Hostname";
  const authority = "--kubelet-certificate-authority=@ca.crt";
  assert.deepEqual(parsed(authority, certificate, "--kubelet-client-key=@c.key", types), {
    authority: ca.certificate,
    client,
    addressTypes: ["InternalIP", "Hostname"],
  });
});

const refused: readonly (readonly [flags: readonly string[], why: RegExp])[] = [
  [[certificate], /^UsageError: --kubelet-client-certificate and --kubelet-client-key: one needs the other$/],
  [[certificate, "--kubelet-client-key=@none"], /--kubelet-client-key \S+none: no such file or directory$/],
  [[certificate, "--kubelet-client-key=@c.crt"], /--kubelet-client-key \S+c\.crt: expected a private key in PEM$/],
  [[certificate, "--kubelet-client-key=@ca.key"], /--kubelet-client-key \S+ca\.key: not the key of \S+c\.crt$/],
  [
    ["--kubelet-certificate-authority=@c.key"],
    /--kubelet-certificate-authority \S+c\.key: expected a certificate in PEM$/,
  ],
];

for (const [flags, why] of refused)
  test(`refused: ${flags.join(" ")}`, () => assert.throws(() => parsed(...flags), why));
