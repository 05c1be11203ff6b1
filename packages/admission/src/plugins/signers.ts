import type { PluginContext } from "../plugin.ts";

/** Whether the user may do `verb` on a signer, by its name or by its whole domain (`example.com/*`). */
export async function maySign(
  { request, snapshot }: PluginContext,
  verb: string,
  signerName: string,
): Promise<boolean> {
  const domain = signerName.split("/")[0] ?? "";
  const place = { group: "certificates.k8s.io", version: "*", resource: "signers", namespace: "" };
  for (const name of [signerName, `${domain}/*`]) {
    const { allowed } = await snapshot.authorizer.authorize({ user: request.userInfo, verb, ...place, name });
    if (allowed) return true;
  }
  return false;
}

export function isCertificates({ request }: PluginContext, resource: string, subResource: string): boolean {
  return (
    request.resource.group === "certificates.k8s.io" &&
    request.resource.resource === resource &&
    request.subResource === subResource
  );
}

export function signerNameOf(object: { readonly [field: string]: unknown } | null): string {
  return (object?.["spec"] as { readonly signerName?: string } | undefined)?.signerName ?? "";
}
