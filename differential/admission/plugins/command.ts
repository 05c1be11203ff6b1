import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createChain, type Plugin } from "@sallyport/admission";
import { stringify } from "yaml";
import { chainOptions } from "../../../packages/cli/src/admission-configuration.ts";
import { createAdmissionEffects } from "../../../packages/cli/src/effects/admission.ts";
import {
  findKubeApiserver,
  type Peer,
  startEtcd,
  startKubeApiserverOn,
  startSallyport,
} from "../../apiserver/peers.ts";
import type { Step } from "../../apiserver/scenario.ts";
import { type HookServer, hookCertificate, startHookServer } from "../../webhooks/hook-server.ts";
import { differenceOf, told } from "../answers.ts";
import { pluginCases } from "./all.ts";
import { admissionConfiguration, enabled, imagePolicy, rights } from "./configuration.ts";

/** A real kube-apiserver sees what other requests have made within a second. */
const settleMs = 1500;

/** Objects and requests for each plugin, most of them off by default, to a real kube-apiserver and to ours. Answers the exit code. */
export async function differentialOfPlugins([only = ""]: readonly string[]): Promise<number> {
  const files = findKubeApiserver();
  if ("missing" in files || "url" in files) {
    console.error(`differential: ${"missing" in files ? files.missing : "it needs a kube-apiserver of its own"}`);
    return 2;
  }
  const { leaf, ca } = await hookCertificate();
  const hook = await startHookServer(leaf, ca);
  hook.behave("/", imagePolicy);
  const folder = mkdtempSync(join(tmpdir(), "sallyport-plugins-"));
  const file = configurationFile(folder, hook);
  const faults: unknown[] = [];
  const etcd = await startEtcd(files.etcd);
  try {
    const theirs = await startKubeApiserverOn(files.apiserver, etcd.url, {
      "enable-admission-plugins": enabled.join(","),
      "admission-control-config-file": file,
    });
    const chain = chainOptions({
      enableAdmissionPlugins: enabled,
      disableAdmissionPlugins: [],
      admissionControlConfigFile: file,
    });
    const ours = await startSallyport((error) => faults.push(error), {
      plugins: createChain(chain) as readonly Plugin[],
      effects: createAdmissionEffects(),
    });
    const { asked, refused, different } = await compareCases(theirs, ours, only).finally(() =>
      Promise.all([theirs.close(), ours.close()]),
    );
    for (const each of different) console.log(each);
    for (const fault of faults) console.log(`fault of our own: ${(fault as Error).stack}`);
    console.log(`${asked} requests, ${refused} of them refused; ${different.length} answers differ`);
    return different.length + faults.length === 0 ? 0 : 1;
  } finally {
    etcd.close();
    hook.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function configurationFile(folder: string, { url, ca }: HookServer): string {
  const [file, kubeconfig] = [join(folder, "admission.yaml"), join(folder, "images.kubeconfig")];
  const data = Buffer.from(ca).toString("base64");
  writeFileSync(
    kubeconfig,
    stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: `${url}/`, "certificate-authority-data": data } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  writeFileSync(file, stringify(admissionConfiguration(kubeconfig)));
  return file;
}

async function compareCases(theirs: Peer, ours: Peer, only: string) {
  const different: string[] = [];
  let [asked, refused] = [0, 0];
  const compare = async (name: string, step: Step) => {
    const [their, our] = await Promise.all([theirs.client.ask(step), ours.client.ask(step)]);
    asked++;
    if (their.code >= 400) refused++;
    const found = differenceOf(name, step, told(their), told(our));
    if (found !== undefined) different.push(found);
  };
  for (const step of rights) await compare("rights", step);
  const cases = (await pluginCases()).filter(({ name }) => name.includes(only));
  for (const { name, parts } of cases) {
    for (const part of parts) {
      await new Promise((done) => setTimeout(done, settleMs));
      for (const step of part) await compare(name, step);
    }
  }
  return { asked, refused, different };
}
