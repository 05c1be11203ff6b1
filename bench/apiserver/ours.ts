import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { builtArguments } from "../../scripts/node-arguments.ts";
import { type Access, accessFrom } from "../client.ts";
import { untilReady } from "../peer.ts";

export interface Ours {
  readonly child: ChildProcess;
  readonly access: Access;
  readonly readyMs: number;
}

/** `sallyport up` over a folder, until `/readyz` is ok. */
export async function startOurs(data: string, more: readonly string[] = []): Promise<Ours> {
  const start = performance.now();
  // Neither a node nor a scheduler: kube-apiserver has none beside it.
  const alone = ["--no-node", "--controllers", "*"];
  const flags = [...builtArguments, "up", "--port", "0", "--data", data, ...alone, ...more];
  const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (text: Buffer) => {
      if (text.includes("kubeconfig:")) resolve();
    });
    child.on("exit", (code) => reject(new Error(`sallyport up ended with status ${code}`)));
  });
  const access = accessFrom(readFileSync(join(data, "kubeconfig"), "utf8"));
  await untilReady(access);
  return { child, access, readyMs: performance.now() - start };
}
