import { createHash } from "node:crypto";
import type { AwsKeys } from "./aws-credentials.ts";
import type { Outgoing } from "./credentials.ts";

/** What a request to AWS needs beside its headers, by Signature Version 4. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
export async function signedHeaders(
  { method, url, headers, body }: Outgoing,
  service: string,
  { accessKeyId, secretAccessKey, sessionToken, region }: AwsKeys,
  nowMs: number,
): Promise<{ readonly [name: string]: string }> {
  const own = {
    ...(service === "s3" && {
      "X-Amz-Content-Sha256": createHash("sha256")
        .update(body ?? "")
        .digest("hex"),
    }),
    ...(sessionToken !== "" && { "X-Amz-Security-Token": sessionToken }),
  };
  const { AwsV4Signer } = await import("aws4fetch");
  const signer = new AwsV4Signer({
    method,
    url,
    // Proxies may change it.
    headers: { ...Object.fromEntries(Object.entries(headers).filter(([name]) => !/^user-agent$/i.test(name))), ...own },
    ...(body !== undefined && { body: body as Uint8Array<ArrayBuffer> }),
    accessKeyId,
    secretAccessKey,
    service,
    region,
    datetime: new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, ""),
  });
  const signed = (await signer.sign()).headers;
  const added = ["Authorization", "X-Amz-Date"].map((name) => [name, signed.get(name) ?? ""]);
  return { ...own, ...Object.fromEntries(added) };
}
