import { spawn, spawnSync } from "node:child_process";
import type { TestContext } from "node:test";
import { callAws } from "../../packages/secrets/src/remote/aws-call.ts";
import { awsKeys } from "../../packages/secrets/src/remote/aws-keys.ts";
import { Remote } from "../../packages/secrets/src/remote/remote.ts";
import { freePort } from "../../scripts/free-port.ts";

/** moto, which answers as AWS does, with a key: its ARN, and what a client's environment needs. A text says why there is none. */
export async function startMoto(
  t: TestContext,
): Promise<string | { readonly key: string; readonly environment: { readonly [name: string]: string } }> {
  const moto = process.env["SALLYPORT_MOTO"] || "moto_server";
  if (spawnSync(moto, ["--help"]).status !== 0) return "no moto_server on the PATH, and none in SALLYPORT_MOTO";
  const port = await freePort();
  const child = spawn(moto, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  t.after(() => void child.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  const environment = { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "none" };
  const remote = new Remote({ timeoutMs: 10_000, environment: {} });
  t.after(() => remote.close());
  const context = { region: "eu-central-1", environment, remote, now: Date.now };
  const aws = { ...context, service: "kms", target: "TrentService", keys: awsKeys(context) };
  for (let tries = 0; ; tries++)
    try {
      const made = await callAws(aws, "CreateKey", { KeyUsage: "ENCRYPT_DECRYPT" });
      return { key: (made["KeyMetadata"] as { readonly Arn: string }).Arn, environment };
    } catch (error) {
      // It starts slowly.
      if (tries === 300) throw error;
      await new Promise((done) => setTimeout(done, 200));
    }
}
