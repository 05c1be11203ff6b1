import type { ParsedRequest } from "@sallyport/pki";

type Rule = (request: ParsedRequest, usages: readonly string[]) => string | undefined;

/**
 * What Kubernetes' own signers sign: undefined, or why not. A signer that is not here is somebody else's.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
 */
export const signerRules: { readonly [signerName: string]: Rule } = {
  "kubernetes.io/kube-apiserver-client": (_request, usages) => clientUsageFault(usages),
  "kubernetes.io/kube-apiserver-client-kubelet": kubeletClientFault,
  "kubernetes.io/kubelet-serving": kubeletServingFault,
  "kubernetes.io/legacy-unknown": () => undefined,
};

/** What a kubelet is for the API server. */
export function kubeletClientFault(request: ParsedRequest, usages: readonly string[]): string | undefined {
  return (
    organizationFault(request) ??
    absent(request.dnsNames, "DNS") ??
    absent(request.emailAddresses, "Email") ??
    absent(request.ipAddresses, "IP") ??
    absent(request.uris, "URI") ??
    nameFault(request) ??
    usageFault(usages, "client auth")
  );
}

/** How a kubelet answers. */
function kubeletServingFault(request: ParsedRequest, usages: readonly string[]): string | undefined {
  const hasName = request.dnsNames.length + request.ipAddresses.length > 0;
  return (
    organizationFault(request) ??
    (hasName ? undefined : "DNS or IP subjectAltName is required") ??
    absent(request.emailAddresses, "Email") ??
    absent(request.uris, "URI") ??
    usageFault(usages, "server auth") ??
    nameFault(request)
  );
}

function organizationFault({ organizations }: ParsedRequest): string | undefined {
  const isNodes = organizations.length === 1 && organizations[0] === "system:nodes";
  return isNodes ? undefined : "subject organization is not system:nodes";
}

function nameFault({ commonName }: ParsedRequest): string | undefined {
  return commonName.startsWith("system:node:") ? undefined : "subject common name does not begin with system:node:";
}

function absent(names: readonly string[], kind: string): string | undefined {
  return names.length === 0 ? undefined : `${kind} subjectAltNames are not allowed`;
}

/** Keys that cannot encipher need not be for that. */
function usageFault(usages: readonly string[], auth: string): string | undefined {
  const given = new Set(usages);
  given.delete("key encipherment");
  const isExact = given.size === 2 && given.has("digital signature") && given.has(auth);
  const wanted = [auth, "digital signature", "key encipherment"].sort().join(" ");
  return isExact ? undefined : `usages did not match [${wanted}]`;
}

function clientUsageFault(usages: readonly string[]): string | undefined {
  const other = usages.find((each) => !["digital signature", "key encipherment", "client auth"].includes(each));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes("client auth") ? undefined : "missing required usage for client certificate: client auth";
}
