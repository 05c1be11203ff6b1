import type { Certificates } from "./certificates.ts";

/** A kubeconfig of the administrator, as YAML-compatible JSON. */
export function kubeconfigText(url: string, { ca, admin }: Certificates): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "sallyport", cluster: { server: url, "certificate-authority-data": base64(ca.certificate) } }],
    users: [
      {
        name: "kubernetes-admin",
        user: { "client-certificate-data": base64(admin.certificate), "client-key-data": base64(admin.key) },
      },
    ],
    contexts: [{ name: "sallyport", context: { cluster: "sallyport", user: "kubernetes-admin" } }],
    "current-context": "sallyport",
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
