import type { KubeObject } from "@sallyport/kube";
import { parseRequest } from "@sallyport/pki";

/** certificates/v1 CertificateSigningRequest. */
export interface SigningRequest extends KubeObject {
  readonly spec: {
    readonly request: string;
    readonly signerName: string;
    readonly usages?: readonly string[];
    readonly expirationSeconds?: number;
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: { readonly [key: string]: readonly string[] };
  };
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly RequestCondition[];
  };
}

export interface RequestCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: string;
  readonly lastTransitionTime?: string;
}

/** Why a text is no request. */
export function requestFault(base64: string): string | undefined {
  const parsed = parseRequest(base64);
  return typeof parsed === "string" ? parsed : undefined;
}

export function hasCondition({ status }: SigningRequest, type: string): boolean {
  return (status?.conditions ?? []).some((each) => each.type === type && each.status === "True");
}
